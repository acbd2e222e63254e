#!/usr/bin/env python3
"""Inside the unit's test machine: a DNS server that says 127.0.0.1 to every question about IPv4, and a
TLS door in front of the simulated account. With them the daemon under its sandbox resolves a name over
UDP, trusts a certificate of the machine's store, and speaks to "AWS" as it would outside.

    stand_ins.py CERTIFICATE_AND_KEY ACCOUNT_PORT
"""

import socket
import ssl
import sys
import threading


def dns():
    door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    door.bind(("127.0.0.1", 53))
    while True:
        question, asker = door.recvfrom(512)
        end = question.index(b"\0", 12) + 5
        is_ipv4 = question[end - 4 : end - 2] == b"\0\1"
        answer = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0\1" if is_ipv4 else b""
        count = b"\0\1" if is_ipv4 else b"\0\0"
        door.sendto(question[:2] + b"\x81\x80\0\1" + count + b"\0\0\0\0" + question[12:end] + answer, asker)


def pump(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        # The other side hung up.
        pass


def serve(plain, context, port):
    try:
        client = context.wrap_socket(plain, server_side=True)
        account = socket.create_connection(("127.0.0.1", port))
    except OSError as error:
        print(f"refused: {error}", flush=True)
        return
    threading.Thread(target=pump, args=(account, client), daemon=True).start()
    pump(client, account)


def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1])
    door = socket.create_server(("127.0.0.1", 443))
    threading.Thread(target=dns, daemon=True).start()
    while True:
        plain, _ = door.accept()
        threading.Thread(target=serve, args=(plain, context, int(sys.argv[2])), daemon=True).start()


if __name__ == "__main__":
    main()
