"""Starts beckon-notifier beside a Stack, on a free admin port."""

from service import Service


class Notifier(Service):
    def __init__(self, stack, redis=None, **settings):
        super().__init__(stack, "beckon-notifier", {
            "pg": stack.database.dsn("beckon_notifier"),
            "master_key_file": stack.master_key,
            "redis.address": redis.address if redis else "",
            "egress.allow": "127.0.0.0/8",
            "egress.cleartext": "127.0.0.0/8",
            "sip.timeout_ms": 3000,
            **{name.replace("__", "."): value for name, value in settings.items()},
        })
