# SPDX-License-Identifier: BSD-2-Clause
# Makes of "stats openmetrics" what node_exporter's textfile collector reads: the older text format of Prometheus, which has no
# info metrics and has the names of counters as they stand, and in each sample the interface, since all files are one for it.
#    install -D -m 0644 pktlock-textfile.awk /etc/pktlock/textfile.awk
#    pktlock stats CONTROL openmetrics | awk -v interface=IFNAME -f /etc/pktlock/textfile.awk
# Exit status 1 if the text has no end.
$1 == "#" && $2 == "TYPE" {
	suffix = $4 == "counter" ? "_total" : $4 == "info" ? "_info" : ""
	print "# TYPE " $3 suffix " " ($4 == "info" ? "gauge" : $4)
	next
}

$1 == "#" && $2 == "HELP" {
	name = $3
	sub(/^# HELP [^ ]+ /, "")
	print "# HELP " name suffix " " $0
	next
}

$1 == "#" {
	complete = $0 == "# EOF"
	next
}

{
	if (!sub(/^[a-z_]+[{]/, "&interface=\"" interface "\","))
		sub(/^[a-z_]+/, "&{interface=\"" interface "\"}")
	print
}

END {
	exit !complete
}
