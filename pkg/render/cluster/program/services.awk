# Prints a line for each Service of a list that the API server has indented: region, addresses.
/^    \{/ { region = addresses = list = "" }
/^          "kustomize-hybrid.dev\/region": / && region == "" {
	region = $0
	sub(/^[^:]*: "/, "", region)
	sub(/".*/, "", region)
}
/^        "[A-Za-z]*": \[/ { list = $1 }
/^        \]/ { list = "" }
/^          "[0-9a-fA-F.:]*",?$/ && list ~ /clusterIPs/ {
	gsub(/[ ",]/, "")
	addresses = (addresses == "" ? "" : addresses ",") $0
}
/^    \}/ && region != "" { print region, addresses == "" ? "-" : addresses }
