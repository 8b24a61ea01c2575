#!/bin/sh
# Cuts a release of the example fleet: cut-release.sh [--dry-run] VERSION
set -eu

dry_run=no
if [ "$1" = --dry-run ]; then
    dry_run=yes
    shift
fi
version=$1

echo "$version" > VERSION
{ printf '## %s\n\n' "$version"; cat CHANGELOG.md; } > CHANGELOG.md.new
mv CHANGELOG.md.new CHANGELOG.md
sed -i "s/^appVersion: .*/appVersion: $version/" deploy/helm/brook/Chart.yaml deploy/helm/brook/charts/station/Chart.yaml
sed -i "s/newTag: .*/newTag: $version/" deploy/kubernetes/base/kustomization.yaml

"$KVGUARD" release-check --tag "$version" --env "RELEASE=$version" \
    --may-differ VERSION --may-differ CHANGELOG.md --may-differ deploy/helm/brook \
    --may-differ deploy/kubernetes/base/kustomization.yaml

if [ "$dry_run" = yes ]; then
    git checkout -q -- .
    echo "dry run: v$version would be tagged"
    exit 0
fi
git commit -q -a -m "Release $version"
git tag "v$version"
echo "v$version is tagged"
