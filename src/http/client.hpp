// The one way to send a request: auth -> retry -> redirect -> pool -> stream.
#pragma once

#include <memory>
#include <string>

#include "http/message.hpp"

namespace hfasync::http {

/// What send() may treat as success besides 2xx.
enum class Statuses { ok_only, any };

/// What a failure is raised for: gives the error mapping its words. See http/error_map.hpp.
struct ErrorScope {
    std::string what;              ///< "model acme/tiny", for the message
    bool plain_http_error = false; ///< whoami: HTTPError
};

class Client {
public:
    Client(boost::asio::any_io_executor executor, const HubOptions& options);
    ~Client();
    Client(const Client&) = delete;

    /// Sends with the policies of the request and returns when the head of the final response is there.
    /// With Statuses::ok_only every other status (after redirects and retries) is thrown as the typed error.
    /// The coroutine may run on any executor of the context.
    boost::asio::awaitable<Response> send(Request request, ErrorScope scope = {},
                                          Statuses statuses = Statuses::ok_only);

    struct Whole {
        Response response; ///< its body has been read
        std::string body;
    };
    /// The same for an answer that is used as a whole, of at most `most` bytes (else BadResponseError): a
    /// body that breaks off counts as a lost answer, so that the request is sent again where its policy
    /// allows it.
    boost::asio::awaitable<Whole> fetch(Request request, ErrorScope scope, std::size_t most = 256u << 20);

    /// The token that a request with this Auth would carry to the endpoint; nullopt for none.
    /// \throws LocalTokenNotFoundError
    std::optional<std::string> resolve_token(const Auth& auth) const;

    void close();
    struct Stats {
        std::uint64_t requests = 0, retries = 0, connections = 0, bytes_received = 0, bytes_sent = 0;
    };
    Stats stats() const;

private:
    struct State;
    std::shared_ptr<State> impl_;
};

} // namespace hfasync::http
