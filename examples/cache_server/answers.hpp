// /api/: what the upstream tells about repos, kept for when it does not answer.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>
#include <string_view>

#include "access.hpp"
#include "openness.hpp"
#include "reply.hpp"
#include "request_target.hpp"
#include "store.hpp"
#include "upstream.hpp"

namespace cache_server {

struct ApiRequest {
    std::string method; ///< GET, HEAD, or POST of paths-info
    std::string target;
    std::string content_type;
    std::string body;
    std::string base; ///< how the client reaches this server: http://host:port
    Caller caller;
};

/// The answer is kept, if the repo is public: a question that the Hub's API knows. What anybody may make up
/// (?1, ?2 ...) would else be an answer each.
bool is_kept(std::string_view method, std::string_view target);
/// True for the one POST that reads.
bool is_reading_post(std::string_view target);

class Answers {
public:
    Answers(const Options& options, Upstream& upstream, Openness& openness, Store& store)
        : options_(options), upstream_(upstream), openness_(openness), store_(store)
    {
    }
    /// \throws hfasync's errors
    asio::awaitable<Reply> answer(ApiRequest request);

private:
    struct Kept {
        RawAnswer answer;
        Clock::time_point at;
    };
    asio::awaitable<std::optional<Reply>> answer_public(ApiRequest request, ApiTarget target);
    asio::awaitable<Reply> pass(ApiRequest request);
    asio::awaitable<std::optional<Kept>> find(std::string key);
    asio::awaitable<void> keep(std::string key, RawAnswer answer);
    Reply reply_of(const RawAnswer& answer, const ApiRequest& request, Source source) const;

    const Options& options_;
    Upstream& upstream_;
    Openness& openness_;
    Store& store_;
};

} // namespace cache_server
