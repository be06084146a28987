// The Hub behind the cache.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <string>

#include <hfasync/generator.hpp>
#include <hfasync/hub.hpp>
#include <hfasync/strings.hpp>

#include "index.hpp"
#include "metrics.hpp"
#include "options.hpp"
#include "raw_client.hpp"
#include "request_target.hpp"
#include "waiting.hpp"

namespace cache_server {

/// Asks by hfasync's calls where there is one, and never with a token that is not the caller's own. The same
/// question of the same caller is asked once at a time. One that fails notes that the upstream is down.
class Upstream {
public:
    Upstream(const boost::asio::any_io_executor& executor, const Options& options, Metrics& metrics);

    /// What the Hub says of a file. `scope` names who asks.
    /// \throws what get_hf_file_metadata throws
    asio::awaitable<FileFacts> file_facts(Repo repo, std::string revision, std::string path,
                                          hfasync::Token token, std::string scope);
    /// The Hub gives everything of this repo to everybody. \throws when it cannot be asked
    asio::awaitable<bool> is_public(Repo repo);
    /// The bytes of a file; nothing is asked before the first is wanted.
    hfasync::AsyncGenerator<std::string> bytes(const Repo& repo, const std::string& path,
                                               const FileFacts& facts, const hfasync::Token& token) const;
    hfasync::AsyncGenerator<std::string> part(const Repo& repo, const std::string& path,
                                              const FileFacts& facts, const hfasync::Token& token,
                                              std::uint64_t first, std::uint64_t end) const;
    asio::awaitable<RawAnswer> ask(RawRequest request);
    /// The same, once for all who ask for `key` meanwhile.
    asio::awaitable<RawAnswer> ask_shared(RawRequest request, std::string key);

    /// It failed a moment ago: with a copy in hand nobody need find out again.
    bool down() const { return options_.now() < down_until_; }
    void note(hfasync::errc outcome);
    const std::string& endpoint() const noexcept { return raw_.endpoint(); }
    void close();

private:
    asio::awaitable<FileFacts> ask_facts(std::string url, hfasync::Token token);
    asio::awaitable<bool> ask_public(Repo repo);
    asio::awaitable<bool> ask_public(Repo repo, hfasync::Strings fields);

    const Options& options_;
    Metrics& metrics_;
    hfasync::Hub questions_; ///< gives up soon, because somebody waits for the answer
    hfasync::Hub transfers_;
    RawClient raw_;
    Clock::time_point down_until_{};
    Shared<FileFacts> facts_;
    Shared<bool> public_;
    Shared<RawAnswer> answers_;
};

} // namespace cache_server
