// Papers: list_papers, paper_info.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>
#include <utility>

#include <hfasync/describe.hpp>
#include <hfasync/generator.hpp>
#include <hfasync/hub.hpp>
#include <hfasync/token.hpp>
#include <hfasync/types/paper.hpp>

namespace hfasync {

struct ListPapersOptions {
    std::optional<std::string> query; ///< words to search for; default: the day's papers
    Token token;
};
HFASYNC_DESCRIBE(ListPapersOptions, query, token)

/// Papers on the Hub.
class PapersApi {
public:
    explicit PapersApi(Hub hub) : hub_(std::move(hub)) {}

    /// Lists the papers that the Hub finds, in one page. Source: `list_papers`.
    AsyncGenerator<PaperInfo> list_papers(ListPapersOptions options = {}) const;

    /// Returns what the Hub knows about one paper. Sends no token.
    /// *Errors*: HfHubHTTPError 404 when there is none; ValueError for an id that is not valid in a URL.
    /// Source: `paper_info`.
    boost::asio::awaitable<PaperInfo> paper_info(std::string id) const;

private:
    Hub hub_;
};

} // namespace hfasync
