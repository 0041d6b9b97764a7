# SPDX-License-Identifier: BSD-2-Clause
"""An SVG of bars, by gnuplot: medians, and lines from the least to the greatest of all rounds."""

import statistics
import subprocess

import lab

OURS, THEIRS = "0x2a6f97", "0xb0b7bf"
NOT_OURS = ("bare", "raw", "one write", "three writes", "four writes", "veth")
WIDTH, ROW, HEAD = 1100, 22, 70

# section, key, title, logarithmic
PANELS = (
    ("capture", "mpps", "Capture, 64 B: million frames/s that arrived", False),
    ("capture", "ns", "Capture, 64 B: CPU per frame, ns", True),
    ("capture-qemu-64", "mpps", "Beside QEMU's filters, 64 B: million frames/s", False),
    ("capture-qemu-1514", "mpps", "Beside QEMU's filters, 1514 B: million frames/s", False),
    ("capture-super", "gbit", "Capture of superframes: Gbit/s", False),
    ("clients", "worker_ns", "Several captures: the worker's CPU per frame, ns", False),
    ("latency", "p50_us", "A lone frame: p50, us", True),
    ("latency", "p99_us", "A lone frame: p99, us", True),
    ("load", "ns", "300 000 frames/s: CPU per frame, ns", True),
    ("load", "p99_us", "300 000 frames/s: p99, us", True),
    ("inject-64", "mpps", "Inject, 64 B: million frames/s", False),
    ("inject-1514", "mpps", "Inject, 1514 B: million frames/s", False),
    ("tcp", "gbit", "TCP between two namespaces: Gbit/s", False),
    ("scale-load", "p99_us", "Attached clients, 300 000 frames/s: p99, us", True),
    ("scale-in", "mpps", "To attached clients, together: million frames/s", False),
    ("scale-out", "mpps", "From attached clients, together: million frames/s", False),
    ("frozen", "p99_us", "One client frozen: p99 of the others, us", True),
    ("flood", "p99_us", "A neighbour floods: p99 of a lone frame, us", True),
)


def rows_of(section, key):
    """[(variant, median, least, greatest, colour)]"""
    rows = []
    for variant in section.variants:
        values = section.values(variant, key)
        if values:
            peer = variant.startswith(NOT_OURS) or variant in lab.PEERS
            rows.append((variant, statistics.median(values), min(values), max(values), THEIRS if peer else OURS))
    return rows


def short(value):
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def panel(rows, title, log, place):
    """gnuplot's words for one: the bars from the top, each with its name, its median and its spread."""
    greatest = max(row[3] for row in rows)
    least = min(row[2] for row in rows)
    low = max(least / 2, greatest / 1e6) if log else 0
    data = "\n".join(f'"{name}" {middle:g} {below:g} {above:g} {colour} "{short(middle)}"' for name, middle, below, above, colour in rows)
    return f"""
set origin {place[0]:.4f},{place[1]:.4f}
set size {place[2]:.4f},{place[3]:.4f}
set title "{title}" font ",12" noenhanced
{"set" if log else "unset"} logscale x
set xrange [{low:g}:{greatest * (4 if log else 1.25):g}]
set yrange [{len(rows) - 0.5}:-0.5]
$data << END
{data}
END
plot $data using 2:0:({low:g}):2:($0-0.36):($0+0.36):5:ytic(1) with boxxyerror lc rgb variable fs solid 1 noborder, \\
     $data using 2:0:3:4 with xerrorbars lc rgb "#404040" pt 0 lw 1, \\
     $data using 4:0:6 with labels left offset 0.7 font ",11"
"""


def draw(path, sections, heading):
    """Draws what there is of PANELS; False if that is nothing."""
    by_name = {section.name: section for section in sections}
    panels = []
    for name, key, title, log in PANELS:
        rows = rows_of(by_name[name], key) if name in by_name else []
        if rows and max(row[3] for row in rows) > 0:
            panels.append((rows, title, log))
    if not panels:
        return False
    lines = [panels[i : i + 2] for i in range(0, len(panels), 2)]
    heights = [HEAD + ROW * max(len(rows) for rows, _, _ in line) for line in lines]
    height = sum(heights) + 40
    words = [f'set terminal svg size {WIDTH},{height} font "sans,12" background rgb "white"', f'set output "{path}"',
             f'set multiplot title "{heading}" font ",12" noenhanced', "unset key", "set ytics noenhanced scale 0",
             "set grid xtics lc rgb '#dddddd'", "set border 1", "set xtics nomirror font ',10'", "set lmargin 26",
             "set rmargin 3", "set tmargin 2.5", "set bmargin 2"]  # fmt: skip
    top = height - 36
    for line, tall in zip(lines, heights):
        top -= tall
        for column, one in enumerate(line):
            words.append(panel(*one, (column / 2, top / height, 0.5, tall / height)))
    words.append("unset multiplot")
    done = subprocess.run([lab.path_of("gnuplot")], input="\n".join(words), text=True, capture_output=True, timeout=30)
    if done.returncode != 0 or "rror" in done.stderr:
        raise lab.plk.Failure(f"gnuplot: {done.stderr.strip()}")
    return True
