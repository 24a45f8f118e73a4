"""Files: sent to a channel first, then named by a post."""

import mimetypes
import struct
from collections.abc import Iterator
from email import message_from_bytes

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from setflow.sandbox.chat.posted import File, Post
from setflow.sandbox.chat.records import Problem, User
from setflow.sandbox.chat.state import Server, invalid

LARGEST_FILE_BYTES = 100 * 1024 * 1024
MOST_FILES = 10

_PNG = b"\x89PNG\r\n\x1a\n"


def receive(server: Server, by: User, request: Request, body: bytes) -> Response:
    """The answer to POST /files of a multipart form: `channel_id` and any number of `files`.

    Raises Problem 403 outside the channel, 400 for no form, 413 for too large a file, 501 where
    the server takes none.
    """
    if server.files is None:
        raise Problem(
            501,
            "api.file.attachments.disabled.app_error",
            "File attachments have been disabled on this server.",
        )
    parts = list(_parts(request.headers.get("content-type", ""), body))
    place = next((content.decode() for name, _, content in parts if name == "channel_id"), "")
    channel = server.readable(place, by)
    found = [
        _file(server, by, channel.id, filename, content)
        for name, filename, content in parts
        if name == "files"
    ]
    server.files |= {file.id: file for file in found}
    return JSONResponse({"file_infos": [file.json() for file in found], "client_ids": []}, 201)


def send(server: Server, by: User, file_id: str) -> Response:
    """The answer to GET /files/ID. Raises Problem 404, 403 for one of a foreign channel."""
    file = (server.files or {}).get(file_id)
    if file is None:
        raise Problem(404, "app.file_info.get.app_error", "Unable to get the file info.")
    server.readable(file.channel_id, by)
    return Response(file.content, media_type=file.mime_type)


def attach(server: Server, post: Post, wanted: object) -> list[File]:
    """The files that a new post names and gets: its author's, in its channel, of no other post.

    Others are left out in silence, as the server does. Raises Problem 400 for too many.
    """
    ids = [str(each) for each in wanted] if isinstance(wanted, list) else []
    if len(ids) > MOST_FILES:
        raise invalid("file_ids")
    known = server.files or {}
    named = (known[each] for each in dict.fromkeys(ids) if each in known)
    whose = (post.user_id, post.channel_id, "")
    found = [file for file in named if (file.user_id, file.channel_id, file.post_id) == whose]
    for file in found:
        file.post_id = post.id
    return found


def _file(server: Server, by: User, channel_id: str, name: str, content: bytes) -> File:
    if len(content) > LARGEST_FILE_BYTES:
        raise Problem(413, "api.file.upload_file.too_large_detailed.app_error", "Too large a file.")
    mime_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    size = struct.unpack(">II", content[16:24]) if content.startswith(_PNG) else (0, 0)
    return File(
        server.new_id(), by.id, channel_id, name, mime_type, content, server.stamp(), size=size
    )


def _parts(content_type: str, body: bytes) -> Iterator[tuple[str, str, bytes]]:
    """The parts of a multipart form: name, file name, content. Raises Problem 400 for another."""
    if not content_type.startswith("multipart/form-data"):
        raise invalid("body")
    form = message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    for part in form.walk():
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            name = str(part.get_param("name", "", "content-disposition"))
            yield name, part.get_filename() or "", content
