{{- define "station.grants" -}}
- { identity: "spiffe://brook.example/ns/{{ .Release.Namespace }}/sa/station-agent", role: writer }
{{- end }}
