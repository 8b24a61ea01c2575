{{/* What makes a service load its configuration from the store. */}}
{{- define "brook.kv" -}}
- name: CONFIG_SOURCE
  value: {{ .Values.global.kv.source | quote }}
- name: KV_ADDRESS
  value: {{ .Values.global.kv.address }}
- name: KV_SEC_MODE
  value: spiffe
- name: KV_TRUST_DOMAIN
  value: {{ .Values.global.kv.trustDomain | quote }}
- name: KV_SERVER_SPIFFE_ID
  value: "spiffe://brook.example/ns/{{ .Release.Namespace }}/sa/config-store"
{{- end }}

{{/* What the services that send alerts are granted. */}}
{{- define "brook.alerts" -}}
- { identity: "spiffe://brook.example/ns/{{ .Release.Namespace }}/sa/alert-router", role: writer }
- { identity: "spiffe://brook.example/ns/{{ .Release.Namespace }}/sa/alert-mailer", role: "writer" }
{{- end }}
