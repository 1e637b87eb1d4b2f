"""The simulated Poly, Snom, Fanvil and Cisco against a server that is none of ours: what they ask for, in which order,
and what they make of files that the service never writes."""

import http.server
import ssl
import subprocess
import threading

import pytest

import pki
from stack import BIN, Simulation

MAC = "0004f2abcdef"
UPPER = MAC.upper()


class Server:
    """Files by path, over TLS; PUT is taken and kept. Paths are below /k."""

    def __init__(self, directory, authorities):
        self.files, self.seen, self.taken = {}, [], {}
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                body = server.files.get(self.path.removeprefix("/k/"))
                self.answer(404 if body is None else 200, (body or "").encode())

            def do_PUT(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                server.taken[self.path.removeprefix("/k/")] = body.decode()
                self.answer(201, b"")

            def answer(self, status, body):
                server.seen.append((self.command, self.path.removeprefix("/k/"), status))
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        cert, key = pki.server(authorities.server).write(directory, "makers-server")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.socket = context.wrap_socket(self.http.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self.http.server_port}/k"
        self.thread = threading.Thread(target=self.http.serve_forever, daemon=True)
        self.thread.start()
        self.ca, self.memory = authorities.server_ca, directory / "memory"

    def run(self, maker):
        self.seen.clear()
        return Simulation.of(subprocess.Popen(
            [BIN / "phonesim", "--maker", maker, "--mac", MAC, "--url", self.url, "--server-ca", self.ca,
             "--state", self.memory, "--print-state"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))

    def got(self):
        return [(path, status) for method, path, status in self.seen if method == "GET"]

    def stop(self):
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()


@pytest.fixture
def server(tmp_path, authorities):
    made = Server(tmp_path, authorities)
    yield made
    made.stop()


ACCOUNT = 'reg.1.address="101" reg.1.auth.password="pw" reg.1.server.1.address="sip.example"'


def test_a_poly_loads_what_everybodys_master_names_and_the_left_wins(server):
    server.files["000000000000.cfg"] = ('<APPLICATION CONFIG_FILES="a-[PHONE_MODEL].cfg, [PHONE_MAC_ADDRESS]-b.cfg"'
                                        ' LOG_FILE_DIRECTORY="logs" CONTACTS_DIRECTORY="contacts/"/>')
    server.files["a-VVX450.cfg"] = f'<a {ACCOUNT} reg.1.label="left"/>'
    server.files[f"{MAC}-b.cfg"] = '<b reg.1.label="right" reg.1.displayName="right"/>'
    server.files[f"{MAC}-phone.cfg"] = '<PHONE_CONFIG><OVERRIDES reg.1.displayName="mine"/></PHONE_CONFIG>'
    run = server.run("poly")
    assert run.code == 0, run.output
    assert server.got() == [
        (f"{MAC}.cfg", 404), ("000000000000.cfg", 200), ("a-VVX450.cfg", 200), (f"{MAC}-b.cfg", 200),
        (f"{MAC}-phone.cfg", 200), (f"{MAC}-web.cfg", 404),
        (f"{MAC}-license.cfg", 404), ("000000000000-license.cfg", 404),
        (f"contacts/{MAC}-directory.xml", 404), ("contacts/000000000000-directory.xml", 404),
        (f"{MAC}-calls.xml", 404)]
    account, = run.state["accounts"]
    assert (account["label"], account["display_name"]) == ("left", "mine")
    assert list(server.taken) == [f"logs/{MAC}-boot.log", f"logs/{MAC}-app.log"]


def test_a_poly_whose_file_is_not_there_takes_nothing(server):
    server.files[f"{MAC}.cfg"] = '<APPLICATION CONFIG_FILES="a.cfg, b.cfg"/>'
    server.files["a.cfg"] = f"<a {ACCOUNT}/>"
    run = server.run("poly")
    assert run.code == 1 and run.state["parameters"] == {}, run.output


def test_a_snom_follows_the_files_that_files_name(server):
    server.files["snomD785.htm"] = (f'<settings><setting-files><file url="{server.url}/{{mac}}.xml"/>'
                                    '</setting-files></settings>')
    server.files[f"{UPPER}.xml"] = ('<settings><phone-settings><user_name idx="1">101</user_name><user_pass idx="1">pw'
                                    '</user_pass><user_host idx="1">sip.example</user_host></phone-settings></settings>')
    run = server.run("snom")
    assert run.code == 0, run.output
    assert server.got() == [("snomD785.htm", 200), (f"{UPPER}.xml", 200), (f"snomD785-{UPPER}.htm", 404),
                            ("snomD785-firmware.htm", 404)]


def fanvil_file(version, *lines):
    rows = "\n".join(["<SIP CONFIG MODULE>", *lines])
    return f"<<VOIP CONFIG FILE>>Version:{version}\n\n{rows}\n\n<<END OF FILE>>\n"


def test_a_fanvil_passes_over_what_is_not_newer_unless_it_compares_contents(server):
    account = ["SIP1 Phone Number :101", "SIP1 Register Pswd :pw", "SIP1 Register Addr :sip.example", "SIP1 Enable Reg :1"]
    server.files[f"{MAC}.cfg"] = fanvil_file("2.0000000001", *account, "SIP1 Sip Name :first")
    run = server.run("fanvil")
    assert run.code == 0, run.output
    assert server.got() == [("F0V00X600000.cfg", 404), (f"{MAC}.cfg", 200)]

    server.files[f"{MAC}.cfg"] = fanvil_file("2.0000000001", "SIP1 Sip Name :second", "Auto Server Digest :1")
    run = server.run("fanvil")
    assert run.state["accounts"][0]["label"] == "first" and len(run.of_kind("passed_over")) == 1

    server.files[f"{MAC}.cfg"] = fanvil_file("2.0000000002", "SIP1 Sip Name :third", "Auto Server Digest :1")
    assert server.run("fanvil").state["accounts"][0]["label"] == "third"
    server.files[f"{MAC}.cfg"] = fanvil_file("2.0000000002", "SIP1 Sip Name :fourth")
    assert server.run("fanvil").state["accounts"][0]["label"] == "fourth"


def test_a_cisco_is_led_by_its_rule_and_follows_the_others(server):
    server.files["CP-8841-3PCC.cfg"] = (f"<flat-profile><Profile_Rule>{server.url}/$MAU.xml</Profile_Rule>"
                                        f"<Profile_Rule_B>{server.url}/b-$PSN.xml</Profile_Rule_B></flat-profile>")
    server.files[f"{UPPER}.xml"] = ("<flat-profile><Line_Enable_1_>Yes</Line_Enable_1_><User_ID_1_>101</User_ID_1_>"
                                    "<Password_1_>pw</Password_1_><Proxy_1_>sip.example</Proxy_1_></flat-profile>")
    server.files["b-8841-3PCC.xml"] = "<flat-profile><Display_Name_1_>b</Display_Name_1_></flat-profile>"
    run = server.run("cisco")
    assert run.code == 0, run.output
    led = [(f"{UPPER}.xml", 200), ("b-8841-3PCC.xml", 200)]
    assert server.got() == [("CP-8841-3PCC.cfg", 200), *led]
    assert run.state["accounts"][0]["display_name"] == "b"
    assert server.run("cisco").code == 0 and server.got() == led
