"""A15: a path is matched by one grammar and never walks anywhere; libh2o hands it over undecoded."""

import itertools

import rawtls


def traversals(key, mac):
    """
    A few hundred spellings that a lenient server would resolve to the phone's file or beyond. key: what stands before
    the file's name, on the enrolment listener with the secret.
    """
    own = f"{mac}.cfg"
    dots = ["..", "%2e%2e", "%2E%2E", ".%2e", "%252e%252e", "..;", "..%00", "%c0%ae%c0%ae", "...", "."]
    slashes = ["/", "%2f", "%2F", "\\", "%5c", "//", "/./", "%252f"]
    targets = ["etc/passwd", own, f"{key}/{own}", "healthz", "metrics"]
    for dot, slash, target in itertools.product(dots, slashes, targets):
        yield f"/{key}/{dot}{slash}{target}"
    for dot, slash in itertools.product(dots, slashes):
        yield f"/{dot}{slash}{key}/{own}"
        yield f"/{key}/{dot}{slash}{dot}{slash}{dot}{slash}etc/passwd"
        yield f"/{key}/x{slash}{dot}{slash}{own}"
    for odd in (
        f"//{key}/{own}", f"/{key}//{own}", f"/{key}/./{own}", f"/{key}/{own}/", f"/{key}/{own}/.",
        f"/{key}/{own}%00", f"/{key}/{own}%00.cfg", f"/{key}/{own}%20", f"/{key}/{own};x=y",
        f"/{key}/%{ord(mac[0]):02x}{mac[1:]}.cfg", f"/{key}/{own.replace('.', '%2e')}",
        f"/{key.upper()}/{own}", f"/{key}/{own}.", f"/{key}/{own}~", f"/{key}/.{own}",
        f"/{key}/{mac}", f"/{key}/{mac}.CFG", f"/{key}/{mac}.cfg.bak", f"/{key}/{mac}.cfg%0a",
        f"/{key}%2f{own}", f"/%6b{key[1:]}/{own}" if key[0] == "k" else f"/{key}x/{own}",
        f"/{key}/y000000000096.cfg/../{own}", f"/{key}/y00000000009.cfg", f"/{key}/y0000000000960.cfg",
        f"/{key}/y000000000096.boot.cfg", f"/{key}/*", f"/{key}/{{}}", f"/{key}/$MAC.cfg",
        f"/{key}/{mac}-local.cfg/x", f"/{key}/con.cfg", f"/{key}/file:///etc/passwd",
        f"http://localhost/{key}/{own}", f"https://localhost/{key}/{own}", "*", f"{key}/{own}", "?", "/?",
    ):
        yield odd


def before_file(caller):
    return caller.own_file[1:].rsplit("/", 1)[0]


def test_no_spelling_but_the_exact_one_reaches_a_file(caller):
    paths = list(dict.fromkeys(traversals(before_file(caller), caller.mac)))
    assert len(paths) > 500
    answered = 0
    # Without a certificate, a path in which no secret can be is asked for one: of whoever comes, before any look-up.
    refused = (400, 404) if caller.cert else (400, 401, 404)
    connection = caller.connect()
    assert connection.request(caller.own_file).status == 200
    for path in paths:
        try:
            answer = connection.request(path)
        except (ConnectionError, OSError):
            connection.close()
            connection = caller.connect()
            answer = connection.request(path)
        assert answer.status in refused, (path, answer)
        assert b"account." not in answer.body and b"root:" not in answer.body, path
        answered += answer.status != 400
        if answer.status == 400:
            connection.close()
            connection = caller.connect()
    assert connection.request(caller.own_file).status == 200  # the control
    connection.close()
    assert answered > 300  # most are well-formed: it is the grammar that refuses them


def test_bytes_that_are_no_text_are_malformed(caller):
    for byte in [*range(0x00, 0x21), *range(0x7f, 0x100)]:
        if byte == 0x20:
            continue  # ends the target: another test's
        with caller.connect() as connection:
            connection.send(
                b"GET /" + before_file(caller).encode() + b"/" + bytes([byte]) + caller.mac.encode()
                + b".cfg HTTP/1.1\r\nHost: localhost\r\n\r\n"
            )
            data, is_closed = connection.read_to_close()
        assert is_closed, byte
        answers = rawtls.take_all(data)
        assert [answer.status for answer in answers] == [400], byte
    assert caller.get().status == 200
