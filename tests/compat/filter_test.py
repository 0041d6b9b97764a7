# SPDX-License-Identifier: BSD-2-Clause
"""filter-mirror and filter-redirector as peers, with and without vnet_hdr_support, before a guest's driver has negotiated a
header (H = 0) and with a card that needs none (H = 10). What is compared is compared with filter-dump, byte for byte.

    TAP t0 = QEMU with its filters = pktlockd = e0, and e1 at the other end of that cable
"""

from bench import GSO_SIZE, INDEV, Bench, Headers, frames_of, same_record, tcp_frame
from qemu import IDLE, arrives, dumped, no_probe, padded, plk

# ---------------------------------------------------------------------------------------------------------------------
# From QEMU into an inject port


def keys(vnet):
    return ",format=vnet" if vnet else ""


def support(vnet):
    return ",vnet_hdr_support=on" if vnet else ""


def check_mirror(case, vnet, **how):
    """What the TAP's QEMU reads is on e1 as it is in the dump, H being 0."""
    path = case.path("d0.pcap")
    bench = Bench(case, "inject" + keys(vnet), f"-object filter-dump,id=d0,netdev=t0,file={path}",
                  "-object filter-mirror,id=m0,netdev=t0,queue=tx,outdev=peer" + support(vnet), **how)
    arrives(bench.tap.send, bench.wire)
    frames = frames_of()
    bench.tap.send(*frames)
    written = dumped(path, len(frames), no_probe)
    bench.wire.expect(written, "on e1, against the dump")
    plk.same_frames(written, [padded(data) for data in frames], "in the dump")
    bench.wire.quiet(0.05)
    bench.end()


def test_mirror(case):
    check_mirror(case, False)


def test_mirror_vnet(case):
    check_mirror(case, True)


def test_mirror_of_server(case):
    check_mirror(case, False, listens="qemu")


def test_mirror_of_server_vnet(case):
    check_mirror(case, True, listens="qemu")


def test_mirror_tcp(case):
    check_mirror(case, False, tcp=True)


def test_mirror_of_server_tcp_vnet(case):
    check_mirror(case, True, listens="qemu", tcp=True)


def check_mirror_resumes(case, vnet):
    """It comes back when a worker has died, and when another daemon is there."""
    bench = Bench(case, "inject" + keys(vnet), "-object filter-mirror,id=m0,netdev=t0,queue=tx,outdev=peer" + support(vnet))
    for round_ in range(3):
        arrives(bench.tap.send, bench.wire)
        frames = frames_of(first=100 * round_)
        bench.tap.send(*frames)
        bench.wire.expect([padded(data) for data in frames], f"round {round_}")
        if round_ == 0:
            bench.kill_worker()
        elif round_ == 1:
            bench.daemon.stop()
            bench.tap.send(*frames)
            bench.qemu.wait_log("filter mirror send failed", count=len(frames))
            bench.start_again()
    bench.end()


def test_mirror_resumes(case):
    check_mirror_resumes(case, False)


def test_mirror_resumes_vnet(case):
    check_mirror_resumes(case, True)


def check_redirector_out(case, vnet):
    """It takes the frames away from t1, the hub's other port, also while pktlockd is not there: then they are lost."""
    hub = ("-netdev hubport,id=h0,hubid=0,netdev=t0", "-netdev hubport,id=h1,hubid=0,netdev=t1")
    path = case.path("d0.pcap")
    bench = Bench(case, "inject" + keys(vnet), f"-object filter-dump,id=d0,netdev=t0,file={path}",
                  "-object filter-redirector,id=r0,netdev=t0,queue=tx,outdev=peer" + support(vnet),
                  hub=hub, taps=("t0", "t1"))
    arrives(bench.tap.send, bench.wire)
    frames = frames_of()
    bench.tap.send(*frames)
    written = dumped(path, len(frames), no_probe)
    bench.wire.expect(written, "on e1, against the dump")
    bench.taps["t1"].quiet(0.05)
    bench.daemon.stop()
    bench.tap.send(*frames)
    bench.qemu.wait_log("filter redirector send failed", count=len(frames))
    bench.start_again()
    arrives(bench.tap.send, bench.wire)
    bench.tap.send(*frames)
    bench.wire.expect(written, "on e1, after another daemon came")
    bench.taps["t1"].quiet(0.05)
    bench.end()


def test_redirector_out(case):
    check_redirector_out(case, False)


def test_redirector_out_vnet(case):
    check_redirector_out(case, True)


# ---------------------------------------------------------------------------------------------------------------------
# From a capture port into QEMU


def check_redirector_in(case, keys_more="", **how):
    """What comes in at e0 goes out at the TAP, as it is in the dump."""
    path = case.path("d0.pcap")
    bench = Bench(case, "capture,direction=in" + keys_more, f"-object filter-dump,id=d0,netdev=t0,file={path}", INDEV, **how)
    arrives(bench.wire.send, bench.tap)
    frames = frames_of()
    bench.wire.send(*frames)
    bench.tap.expect(frames, "on the TAP")
    plk.same_frames(dumped(path, len(frames), no_probe), frames, "in the dump")
    bench.tap.quiet(0.05)
    bench.end()


def test_redirector_in(case):
    check_redirector_in(case)


def test_redirector_in_low(case):
    check_redirector_in(case, ",latency=low")


def test_redirector_in_of_server(case):
    check_redirector_in(case, listens="qemu")


def test_redirector_in_tcp(case):
    check_redirector_in(case, tcp=True)


def test_redirector_in_of_server_tcp(case):
    check_redirector_in(case, listens="qemu", tcp=True)


def test_redirector_in_once(case):
    """A redirector reads one connection in its life. The next one is open and is not read: the daemon serves others as ever,
    and another redirector gets the stream from its first byte."""
    bench = Bench(case, "capture,direction=in", INDEV)
    arrives(bench.wire.send, bench.tap)
    bench.daemon.stop()
    bench.start_again()
    other = case.connect(case.path("p"))
    plk.sync(bench.wire, other)
    frames = frames_of()
    bench.wire.send(*frames)
    other.expect(frames, "at another client")
    bench.tap.quiet(0.3)
    bench.qemu.ask("object-del", id="r0")
    bench.qemu.ask("object-add", **{"qom-type": "filter-redirector"}, id="r0", netdev="t0", queue="rx", indev="peer")
    bench.tap.expect(frames, "after the redirector was made again")
    bench.end()


# ---------------------------------------------------------------------------------------------------------------------
# With a header: a card whose header has 10 bytes from the start

RECORDS = [(bytes(10), data) for data in frames_of()] + [
    tcp_frame(size, family)
    for size in (0, 1, 1000, GSO_SIZE, GSO_SIZE + 1, 10_000, 3 * GSO_SIZE, 65_000)
    for family in (4, 6)
]


def test_headers_through_qemu(case):
    """Frames with headers, superframes and unfinished checksums among them, go e1 = capture = redirector = mirror = inject = f1
    and onto the TAP, and have the header everywhere that they had."""
    case.veth("f0", "f1")
    path = case.path("d0.pcap")
    case.daemon(f"--remote=inject,format=vnet,vnet-hdr=10@punix:{case.path('f')}", interface="f0")
    bench = Bench(
        case, "capture,format=vnet,vnet-hdr=10,direction=in", "-device e1000e,netdev=t0,romfile=",
        f"-chardev socket,id=mir,path={case.path('f')},server=off",
        # the last one sees a frame first: they go from the card to the TAP
        f"-object filter-dump,id=d0,netdev=t0,file={path},maxlen=70000",
        "-object filter-mirror,id=m0,netdev=t0,queue=rx,outdev=mir,vnet_hdr_support=on", INDEV + ",vnet_hdr_support=on",
        machine=IDLE, hub=())  # fmt: skip
    far = case.wire("f1")
    arrives(bench.wire.send, far)
    arrives(bench.wire.send, bench.tap)
    ends = [Headers(wire) for wire in (bench.wire, bench.tap, far)]
    ends[0].send(*RECORDS)
    ends[2].expect(RECORDS, "on f1")
    ends[1].expect(RECORDS, "on the TAP")
    written = dumped(path, len(RECORDS), lambda data: no_probe(data[10:]))
    plk.equal(len(written), len(RECORDS), "frames in the dump")
    for i, (data, record) in enumerate(zip(written, RECORDS)):
        same_record(data, record, f"in the dump: frame {i}")
    bench.end()


if __name__ == "__main__":
    plk.main()
