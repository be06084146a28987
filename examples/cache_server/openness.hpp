// Which repos are open to everybody: what is read of them needs no token, and serves all.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "access.hpp"
#include "index.hpp"
#include "options.hpp"
#include "upstream.hpp"

namespace cache_server {

class Openness {
public:
    Openness(const Options& options, Upstream& upstream, Index& index)
        : options_(options), upstream_(upstream), index_(index)
    {
    }

    /// The upstream gives everything of this repo to whoever asks. What it said last counts for a while, and
    /// for as long as it cannot be asked; a repo that it never called public is not.
    asio::awaitable<bool> is_public(Repo repo);
    /// A question without a token was refused: the repo is public no more.
    void closed(const Repo& repo);

private:
    const Options& options_;
    Upstream& upstream_;
    Index& index_;
    Remembered not_public_{100'000};
};

} // namespace cache_server
