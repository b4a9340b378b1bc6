"""A server that answers badly, for provider_install_test.sh: /cut ends early, /endless never ends,
 /page is a web page. Prints its port."""
import http.server


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        if self.path == "/page":
            page = b"<!DOCTYPE html><html>log in first</html>"
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)
            return
        if self.path == "/cut":
            self.send_header("Content-Length", "100000")
        self.end_headers()
        self.wfile.write(b"#!/bin/sh\n")
        while self.path == "/endless":
            self.wfile.write(b"#" * 65536)

    def log_message(self, *arguments):
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request, address):
        pass  # who asked has gone, as it should


server = Server(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
