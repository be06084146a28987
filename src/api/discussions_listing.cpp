#include <hfasync/api/discussions.hpp>

#include <boost/asio/this_coro.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>

#include "api/common/discussion_results.hpp"
#include "api/common/repo_head.hpp"
#include "async/ahead.hpp"
#include "describe/query.hpp"

namespace hfasync {

namespace {

using namespace detail;
namespace json = boost::json;

http::Request page_request(const HubPtr& hub, const std::string& repo_id,
                           const GetRepoDiscussionsOptions& options, std::uint64_t page)
{
    validate_repo_id(repo_id);
    http::Request request;
    request.url = api_url(hub, repo_api_path(repo_type_or_model(options.repo_type), repo_id, "/discussions"));
    QueryPairs query;
    append_query(query, options);
    query.emplace_back("p", std::to_string(page));
    request.url.add_query(query);
    request.auth.token = options.token;
    return request;
}

// One page, checked as far as the next one depends on it.
struct NumberedPage {
    json::array items;
    std::uint64_t count = 0; ///< of all discussions
    std::uint64_t start = 0; ///< how many stand before this page
    DecodeContext context;
};

[[noreturn]] void refuse(const DecodeContext& context, std::string_view kind, std::string_view name)
{
    const auto path = context.root + "." + std::string(name);
    throw BadResponseError(errc::bad_response,
                           context.source + ": expected " + std::string(kind) + " at " + path,
                           {.path = path});
}

std::uint64_t number_in(const json::value& answer, std::string_view name, const DecodeContext& context)
{
    const auto* object = answer.if_object();
    const auto* found = object ? object->if_contains(name) : nullptr;
    if (!found || !found->is_int64() || found->get_int64() < 0) refuse(context, "a number", name);
    return static_cast<std::uint64_t>(found->get_int64());
}

boost::asio::awaitable<NumberedPage> fetch_page(HubPtr hub, http::Request request, std::string repo_id,
                                                std::uint64_t number)
{
    NumberedPage page;
    page.context = context_of(request);
    if (number > 0) page.context.source += " page " + std::to_string(number + 1);
    auto answer =
        co_await fetch_json(std::move(hub), std::move(request), {.what = "the discussions of " + repo_id});
    page.count = number_in(answer, "count", page.context);
    page.start = number_in(answer, "start", page.context);
    auto* found = answer.get_object().if_contains("discussions");
    if (!found || !found->is_array()) refuse(page.context, "a list", "discussions");
    page.items = std::move(found->get_array());
    co_return page;
}

// Pages by number. An answer tells where it starts and how many there are in all, and an empty page in
// between does not end the list.
class DiscussionPages final : public PageSource<Discussion> {
public:
    DiscussionPages(HubPtr hub, std::string repo_id, GetRepoDiscussionsOptions options)
        : hub_(std::move(hub)), repo_id_(std::move(repo_id)), options_(std::move(options))
    {
    }

    boost::asio::awaitable<std::optional<std::vector<Discussion>>> next_page() override
    {
        if (at_end_ || left_ == 0) co_return std::nullopt;
        auto page = ahead_.started() ? co_await ahead_.take() : co_await fetch();
        ++number_;
        settle(page);
        // The server makes the next page while this one is decoded and consumed.
        if (!at_end_ && left_ > 0 && hub_->options.prefetch)
            ahead_.start(co_await boost::asio::this_coro::executor, fetch());
        std::vector<Discussion> items;
        items.reserve(page.items.size());
        DecodeContext here = page.context;
        for (auto& item : page.items) {
            here.root = page.context.root + ".discussions[" + std::to_string(items.size()) + "]";
            items.push_back(read_discussion(std::move(item), here, hub_->options.endpoint));
        }
        co_return items;
    }

    void expect_at_most(std::size_t n) override { left_ = std::min<std::uint64_t>(left_, n); }

private:
    // The Hub's pages have 10 or more items; this many empty ones in a row are a server that never ends.
    static constexpr int most_empty_pages = 100;

    boost::asio::awaitable<NumberedPage> fetch() const
    {
        return fetch_page(hub_, page_request(hub_, repo_id_, options_, number_), repo_id_, number_);
    }

    void settle(const NumberedPage& page)
    {
        const auto size = page.items.size();
        at_end_ = page.start >= page.count || size >= page.count - page.start;
        left_ -= std::min<std::uint64_t>(left_, size);
        empty_pages_ = size == 0 ? empty_pages_ + 1 : 0;
        if (!at_end_ && empty_pages_ >= most_empty_pages)
            throw BadResponseError(errc::bad_response,
                                   page.context.source + ": " + std::to_string(empty_pages_) +
                                       " pages in a row were empty; the listing ends here");
    }

    HubPtr hub_;
    std::string repo_id_;
    GetRepoDiscussionsOptions options_;
    std::uint64_t number_ = 0; ///< of the next page
    std::uint64_t left_ = ~std::uint64_t{0};
    int empty_pages_ = 0;
    bool at_end_ = false;
    Ahead<NumberedPage> ahead_;
};

} // namespace

AsyncGenerator<Discussion> DiscussionsApi::get_repo_discussions(std::string repo_id,
                                                                GetRepoDiscussionsOptions options) const
{
    return AsyncGenerator<Discussion>(
        std::make_unique<DiscussionPages>(hub_.state(), std::move(repo_id), std::move(options)));
}

} // namespace hfasync
