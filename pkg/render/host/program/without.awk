# Prints the lines of the second list that the first lacks; a line "--" is between them.
!second && $0 == "--" { second = 1; next }
!second { known[$0]; next }
$0 != "" && !($0 in known)
