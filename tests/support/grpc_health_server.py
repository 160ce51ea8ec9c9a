#!/usr/bin/env python3
"""A gRPC server with grpc.health.v1.Health, to be checked by others.

    grpc_health_server.py ADDRESS:PORT STATUS_FILE [KEY_FILE CERTIFICATE_FILE]

STATUS_FILE has lines "SERVICE STATUS", where STATUS is a number of ServingStatus and SERVICE may be
"-", the whole server; it is read at each call, a service not in it is NOT_FOUND. Messages are made and
read by hand: what they look like on the wire is what is tested.
"""

import sys
from concurrent.futures import ThreadPoolExecutor

import grpc


def service_of(request):
    """The name in a HealthCheckRequest."""
    if not request:
        return "-"
    if request[0] != 0x0A or request[1] != len(request) - 2:
        raise ValueError("no HealthCheckRequest")
    return request[2:].decode()


def statuses(path):
    """What the file says, by service."""
    with open(path, encoding="ascii") as lines:
        return dict(line.split() for line in lines)


def check(path):
    """The method that answers from the file."""

    def answer(request, context):
        status = statuses(path).get(service_of(request))
        if status is None:
            context.abort(grpc.StatusCode.NOT_FOUND, "no such service")
        # A field with its default value is left out.
        return b"" if status == "0" else bytes([0x08, int(status)])

    return answer


def main():
    address, path, *tls = sys.argv[1:]
    method = grpc.unary_unary_rpc_method_handler(check(path))
    server = grpc.server(ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers(
        [grpc.method_handlers_generic_handler("grpc.health.v1.Health", {"Check": method})])
    if tls:
        pair = []
        for name in tls:
            with open(name, "rb") as file:
                pair.append(file.read())
        server.add_secure_port(address, grpc.ssl_server_credentials([tuple(pair)]))
    else:
        server.add_insecure_port(address)
    server.start()
    server.wait_for_termination()


if __name__ == "__main__":
    main()
