"""The agent's own WhatsApp adapter drives the bridge, whose Baileys socket is a fake that is named so.

Needs an importable agent and node on PATH: in the image, with this folder mounted,
    BRIDGE_LIB=/opt/hermes/scripts/whatsapp-bridge/lib /opt/hermes/.venv/bin/python adapter_test.py
Without BRIDGE_LIB the bridge of this tree is used, and what only an image has is skipped.
"""

import asyncio
import atexit
import hashlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.request
from pathlib import Path
from unittest import mock

HOME = Path(tempfile.mkdtemp(prefix="bridge-adapter-"))
atexit.register(shutil.rmtree, HOME, ignore_errors=True)
os.environ.update(
    HERMES_HOME=str(HOME / "hermes"), XDG_STATE_HOME=str(HOME / "state"), FAKE_CONTROL=str(HOME / "control"),
    WHATSAPP_DM_POLICY="pairing", WHATSAPP_GROUP_POLICY="open",
)
os.environ.pop("WHATSAPP_REPLY_PREFIX", None)
# An npm that tells on whoever calls it: the agent must find the packages installed.
(HOME / "bin").mkdir()
(HOME / "bin" / "npm").write_text(f"#!/bin/sh\ntouch {HOME}/npm-was-called\nexit 1\n")
(HOME / "bin" / "npm").chmod(0o755)
os.environ["PATH"] = f"{HOME}/bin:{os.environ['PATH']}"

import aiohttp  # noqa: E402
from gateway.config import PlatformConfig  # noqa: E402
from gateway.platforms.base import MessageType, get_document_cache_dir, get_image_cache_dir  # noqa: E402
from gateway.whatsapp_identity import expand_whatsapp_aliases  # noqa: E402
from gateway.platforms import whatsapp_common  # noqa: E402
from plugins.platforms.whatsapp.adapter import WhatsAppAdapter, _standalone_send  # noqa: E402

FAKE = Path(__file__).resolve().parent / "fake-bridge.mjs"
PEER = "15552223333@s.whatsapp.net"
GROUP = "120363000000@g.us"
ME = {"id": "15550001111:7@s.whatsapp.net", "lid": "900100200300:7@lid", "name": "Ada"}
CREDS = HOME / "hermes" / "platforms" / "whatsapp" / "session" / "creds.json"


def short_hash(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def install_bridge():
    folder = HOME / "bridge"
    (folder / "node_modules").mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "node_modules" / ".hermes-pkg-hash").write_text(short_hash(folder / "package.json"))
    (folder / "bridge.js").write_text(f"import {json.dumps(FAKE.as_uri())};\n")
    return folder / "bridge.js"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Adapter(unittest.IsolatedAsyncioTestCase):
    plan = "open"

    async def asyncSetUp(self):
        os.environ["FAKE_PLAN"] = self.plan
        (HOME / "control").unlink(missing_ok=True)
        CREDS.parent.mkdir(parents=True, exist_ok=True)
        CREDS.write_text(json.dumps({"me": ME}))
        self.events = []
        self.config = PlatformConfig(enabled=True, extra={
            "bridge_script": str(install_bridge()), "bridge_port": free_port(), "text_batch_delay_seconds": 0,
        })
        self.adapter = self.make_adapter()
        self.addAsyncCleanup(self.adapter.disconnect)

    def make_adapter(self):
        adapter = WhatsAppAdapter(self.config)

        async def keep(event):
            self.events.append(event)

        adapter.handle_message = keep
        return adapter

    async def control(self, method, path="/", **body):
        async with aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(HOME / "control"))) as session:
            async with session.request(method, f"http://fake{path}", **body) as answer:
                return json.loads(await answer.text())

    async def calls(self, method="sendMessage"):
        return [call for call in await self.control("GET") if call["method"] == method]

    async def receive(self, message, chat=PEER, **key):
        await self.control("POST", json={"method": "receive", "args": [
            {"key": {"id": f"IN{time.monotonic_ns()}", "remoteJid": chat, **key}, "message": message, "pushName": "Bob"}]})
        return await self.event()

    async def event(self):
        end = time.monotonic() + 10
        while not self.events:
            self.assertLess(time.monotonic(), end, "no event came")
            await asyncio.sleep(0.02)
        return self.events.pop(0)


class Connected(Adapter):
    async def test_starts_sends_and_stops(self):  # contract: BRG-01 BRG-05 BRG-06 BRG-08
        self.assertTrue(await self.adapter.connect())
        process = self.adapter._bridge_process
        self.assertEqual(os.getsid(process.pid), process.pid)
        self.assertFalse((HOME / "npm-was-called").exists())

        sent = await self.adapter.send("+1 555 222 3333", "**hi**", reply_to="unknown")
        self.assertTrue(sent.success, sent.error)
        edited = await self.adapter.edit_message(PEER, sent.message_id, "better")
        self.assertEqual((edited.success, edited.message_id), (True, sent.message_id))
        first, second = await self.calls()
        self.assertEqual(first["jid"], PEER)
        self.assertEqual(first["content"]["text"], "⚕ *Hermes Agent*\n────────────\n*hi*")
        self.assertEqual(second["content"]["edit"]["id"], sent.message_id)

        long = await self.adapter.send(PEER, "word " * 2000)
        self.assertTrue(long.success, long.error)
        self.assertGreater(len(long.continuation_message_ids), 0)
        for call in await self.calls():
            self.assertLessEqual(len(call["content"].get("text", "")), 4096)

        await self.adapter.send_typing(PEER)
        self.assertEqual([call["jid"] for call in await self.calls("sendPresenceUpdate")], [PEER])
        self.assertEqual(await self.adapter.get_chat_info(GROUP),
                         {"name": "Fake group", "type": "group", "participants": [PEER, "42@lid"]})
        self.assertEqual((await self.adapter.send("John", "hi")).success, False)

        await self.adapter.disconnect()
        self.assertEqual(process.poll(), 0)
        self.assertFalse(self.adapter.has_fatal_error)

    async def test_media_polls_and_places(self):  # contract: BRG-05
        self.assertTrue(await self.adapter.connect())
        files = {name: HOME / name for name in ("a.png", "b.mp4", "c.ogg", "d.pdf")}
        for path in files.values():
            path.write_bytes(b"x")
        results = [
            await self.adapter.send_image_file(PEER, str(files["a.png"]), "look"),
            await self.adapter.send_video(PEER, str(files["b.mp4"])),
            await self.adapter.send_voice(PEER, str(files["c.ogg"])),
            await self.adapter.send_document(PEER, str(files["d.pdf"])),
            await self.adapter.send_poll(PEER, "Tea?", ["yes", "no"]),
            await self.adapter.send_location(PEER, 52.5, 13.4, name="Cafe"),
        ]
        for result in results:
            self.assertTrue(result.success, result.error)
            self.assertTrue(result.message_id)
        image, video, voice, document, poll, place = [call["content"] for call in await self.calls()]
        self.assertEqual((image["image"]["url"], image["caption"]), (str(files["a.png"]), "look"))
        self.assertEqual(video["mimetype"], "video/mp4")
        self.assertTrue(voice["ptt"])
        self.assertEqual(document["fileName"], "d.pdf")
        self.assertEqual(poll["poll"], {"name": "Tea?", "values": ["yes", "no"], "selectableCount": 1})
        self.assertEqual(place["location"]["degreesLatitude"], 52.5)

        poll_id = results[4].message_id
        vote = {"creator": "15550001111@s.whatsapp.net", "voter": PEER, "hashes": [hashlib.sha256(b"no").hexdigest()]}
        event = await self.receive({"pollUpdateMessage": {"pollCreationMessageKey": {"id": poll_id}, "vote": vote}})
        self.assertEqual(event.text, "no")  # contract: BRG-04
        self.assertEqual(event.metadata["whatsapp_native_type"], "poll_update")

    async def test_messages_become_events(self):  # contract: BRG-03 BRG-04
        self.assertTrue(await self.adapter.connect())
        event = await self.receive({"conversation": "hi"})
        self.assertEqual((event.text, event.message_type), ("hi", MessageType.TEXT))
        self.assertEqual((event.source.chat_id, event.source.user_id, event.source.user_name), (PEER, PEER, "Bob"))
        self.assertNotIn("whatsapp_from_owner", event.metadata)

        event = await self.receive({"extendedTextMessage": {"text": "@900100200300 you there?", "contextInfo": {
            "stanzaId": "Q", "participant": "900100200300:7@lid", "quotedMessage": {"conversation": "old"}}}},
            chat=GROUP, participant="77:1@lid")
        self.assertEqual((event.text, event.source.chat_type, event.source.chat_name), ("you there?", "group", "Fake group"))
        self.assertEqual((event.reply_to_text, event.reply_to_is_own_message), ("old", True))

        part = {"mediaKey": "k", "directPath": "/v/1"}
        cases = [
            ({"imageMessage": {**part, "mimetype": "image/png", "caption": "c"}}, MessageType.PHOTO, get_image_cache_dir(), "image/png"),
            ({"videoMessage": {**part, "mimetype": "video/mp4"}}, MessageType.VIDEO, get_document_cache_dir(), "video/mp4"),
            ({"documentMessage": {**part, "mimetype": "text/plain", "fileName": "note.txt"}}, MessageType.DOCUMENT, get_document_cache_dir(), "text/plain"),
        ]
        for message, kind, folder, mime in cases:
            event = await self.receive(message)
            self.assertEqual((event.message_type, event.media_types), (kind, [mime]))
            self.assertEqual([Path(path).parent for path in event.media_urls], [folder])
        self.assertEqual(event.text, "[Content of note.txt]:\nfake file")

        event = await self.receive({"audioMessage": {**part, "ptt": True, "mimetype": "audio/ogg; codecs=opus"}})
        self.assertEqual((event.message_type, len(event.media_urls)), (MessageType.VOICE, 1))
        event = await self.receive({"locationMessage": {"degreesLatitude": 1, "degreesLongitude": 2}})
        self.assertEqual((event.message_type, event.text), (MessageType.LOCATION, "[Location] 1, 2"))

        await self.control("POST", json={"method": "learn", "args": ["15552223333", "77"]})
        self.assertEqual(expand_whatsapp_aliases("77@lid"), {"77", "15552223333"})  # contract: BRG-09

    async def test_a_running_bridge_is_used_again(self):  # contract: BRG-02
        argv = ["node", self.config.extra["bridge_script"], "--port", str(self.config.extra["bridge_port"]), "--session", str(CREDS.parent)]
        with subprocess.Popen(argv, stderr=subprocess.PIPE) as bridge:
            try:
                self.assertIn(b"listening", bridge.stderr.readline())
                self.assertIn(b"connected", bridge.stderr.readline())
                self.assertTrue(await self.adapter.connect())
                self.assertIsNone(self.adapter._bridge_process)
                extra = {"bridge_port": self.config.extra["bridge_port"]}
                sent = await _standalone_send(PlatformConfig(extra=extra), PEER, "from cron")
                self.assertTrue(sent.get("success"), sent)
                await self.adapter.disconnect()
                self.assertIsNone(bridge.poll())
            finally:
                bridge.terminate()


class LoggedOut(Adapter):
    plan = "logout"

    async def test_is_told_how_to_pair_again(self):  # contract: BRG-09
        self.assertFalse(await self.adapter.connect())
        self.assertFalse(CREDS.exists())
        self.assertIn("hermes whatsapp", (CREDS.parent.parent / "bridge.log").read_text())
        again = self.make_adapter()
        self.assertFalse(await again.connect())
        self.assertEqual(again.fatal_error_code, "whatsapp_not_paired")


@unittest.skipUnless("BRIDGE_LIB" in os.environ, "needs the image")
class InTheImage(unittest.TestCase):
    def test_the_dashboard_pairs(self):  # contract: BRG-07
        from hermes_cli import web_server

        os.environ["FAKE_PLAN"] = "qr"
        (HOME / "control").unlink(missing_ok=True)
        session = HOME / "pairing"
        record = web_server._WhatsAppOnboardingSession(
            proc=None, mode="bot", allowed_users="", session_path=str(session), expires_at="", expires_at_ts=time.time() + 600)
        web_server._whatsapp_onboarding_sessions["p"] = record
        bridge = install_bridge()
        with mock.patch.object(whatsapp_common, "resolve_whatsapp_bridge_dir", lambda: bridge.parent):
            pairing = threading.Thread(target=web_server._run_whatsapp_pairing, args=("p", session, "bot"))
            pairing.start()
            self.wait(lambda: record.status == "waiting", "a code")
            self.assertEqual(record.qr_payload, "fake-code")
            scan = ["node", "-e", "require('http').request({socketPath: process.argv[1], method: 'POST'})"
                    ".end('{\"method\": \"open\", \"args\": []}')", str(HOME / "control")]
            subprocess.run(scan, check=True)
            pairing.join(20)
        self.assertEqual((record.status, record.error), ("connected", None))
        self.assertEqual((record.account_phone, record.account_name), ("15550001111", "Ada"))
        self.assertEqual(record.proc.returncode, 0)
        self.assertEqual((session / "creds.json").stat().st_mode & 0o777, 0o600)

    def test_a_profile_has_a_bridge_that_needs_no_installation(self):  # contract: TOOL-10 BRG-02 BRG-06 BRG-10
        copy = whatsapp_common.resolve_whatsapp_bridge_dir()
        self.assertEqual(copy, HOME / "hermes" / "scripts" / "whatsapp-bridge")
        stamp = copy / "node_modules" / ".hermes-pkg-hash"
        self.assertEqual(stamp.read_text().strip(), short_hash(copy / "package.json"))
        port = free_port()
        argv = ["node", str(copy / "bridge.js"), "--port", str(port), "--session", str(HOME / "unpaired"), "--mode", "bot"]
        with subprocess.Popen(argv, stderr=subprocess.DEVNULL, start_new_session=True) as bridge:
            try:
                health = self.wait(lambda: self.health(port), "health", limit=5)
                self.assertEqual(health["scriptHash"], short_hash(copy / "bridge.js"))
            finally:
                bridge.terminate()
        self.assertEqual(bridge.returncode, 0)

    def wait(self, probe, what, limit=20):
        end = time.monotonic() + limit
        while not (value := probe()):
            self.assertLess(time.monotonic(), end, f"not seen: {what}")
            time.sleep(0.05)
        return value

    @staticmethod
    def health(port):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2) as answer:
                return json.load(answer)
        except OSError:
            return None


if __name__ == "__main__":
    unittest.main(verbosity=2)
