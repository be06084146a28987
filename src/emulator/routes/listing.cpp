// list_models, list_datasets, list_spaces.
#include <algorithm>
#include <charconv>
#include <set>

#include "base/encoding.hpp"
#include "emulator/access.hpp"
#include "emulator/routes/info.hpp"

namespace hfasync::emulator {

namespace {

/// The Hub's own page.
constexpr std::size_t most_per_page = 1000;

bool contains_ignoring_case(std::string_view text, std::string_view part)
{
    const auto same = [](char a, char b) {
        return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
    };
    return std::search(text.begin(), text.end(), part.begin(), part.end(), same) != text.end();
}

struct Row {
    std::shared_ptr<store::Repo> repo;
    RepoView view;
};

struct Filter {
    explicit Filter(const Request& request)
        : search(request.query_values("search")), author(request.query_values("author")),
          tags(request.query_values("filter")), pipeline(request.query_values("pipeline_tag"))
    {
        for (const char* key : {"library", "language", "tags"})
            for (auto& value : request.query_values(key))
                tags.push_back(std::move(value));
        if (request.query_value("gated")) gated = request.query_flag("gated");
    }

    bool operator()(const RepoView& view) const
    {
        const auto& settings = view.settings;
        const auto owner = settings.id.substr(0, settings.id.find('/'));
        for (const auto& text : search)
            if (!contains_ignoring_case(settings.id, text)) return false;
        if (!author.empty() && std::find(author.begin(), author.end(), owner) == author.end()) return false;
        if (gated && *gated != (settings.gated != "false")) return false;
        if (!pipeline.empty() &&
            std::find(pipeline.begin(), pipeline.end(), view.facts->pipeline_tag) == pipeline.end())
            return false;
        return std::all_of(tags.begin(), tags.end(), [&](const std::string& tag) {
            return std::find(view.facts->tags.begin(), view.facts->tags.end(), tag) != view.facts->tags.end();
        });
    }

    std::vector<std::string> search, author, tags, pipeline;
    std::optional<bool> gated;
};

void sort_rows(std::vector<Row>& rows, const Request& request)
{
    const auto sort = request.query_value("sort");
    const auto less = [&](const RepoView& a, const RepoView& b) {
        if (*sort == "likes") return a.settings.likers.size() < b.settings.likers.size();
        if (*sort == "downloads") return a.settings.downloads < b.settings.downloads;
        if (*sort == "createdAt") return a.settings.created_at < b.settings.created_at;
        if (*sort == "lastModified") return a.settings.last_modified < b.settings.last_modified;
        return false; // trendingScore: all the same here
    };
    if (!sort) return;
    static const std::set<std::string_view> known{"likes", "downloads", "createdAt", "lastModified",
                                                  "trendingScore"};
    if (!known.contains(*sort)) throw Refusal(400, "", "Invalid value for sort: " + std::string(*sort));
    // Without a direction the Hub sorts ascending; -1 is descending.
    const bool down = request.query_value("direction").value_or("") == "-1";
    std::sort(rows.begin(), rows.end(), [&](const Row& a, const Row& b) {
        if (down ? less(b.view, a.view) : less(a.view, b.view)) return true;
        if (down ? less(a.view, b.view) : less(b.view, a.view)) return false;
        return a.view.settings.id < b.view.settings.id;
    });
}

std::vector<std::string> row_properties(const Request& request, RepoType type)
{
    auto names = read_expand(request, type);
    if (!names.empty()) return names;
    names = {"likes", "trendingScore", "private", "tags", "createdAt"};
    if (type == RepoType::space)
        names.emplace_back("sdk");
    else
        names.emplace_back("downloads");
    if (type == RepoType::model) names.insert(names.end(), {"pipeline_tag", "library_name"});
    if (type == RepoType::dataset)
        names.insert(names.end(), {"author", "sha", "lastModified", "gated", "disabled"});
    if (request.query_flag("full")) {
        const std::vector<std::string> all{"author",   "sha",      "lastModified", "gated",
                                           "disabled", "siblings", "cardData"};
        for (const auto& name : all)
            if (std::find(names.begin(), names.end(), name) == names.end() &&
                (name != "cardData" || type != RepoType::model))
                names.push_back(name);
    }
    if (request.query_flag("linked")) names.insert(names.end(), {"models", "datasets"});
    if (request.query_flag("cardData")) names.emplace_back("cardData");
    if (request.query_flag("config")) names.emplace_back("config");
    return names;
}

std::size_t read_limit(const Request& request, std::size_t most)
{
    const auto text = request.query_value("limit");
    if (!text) return most;
    std::size_t limit = 0;
    const auto end = std::from_chars(text->data(), text->data() + text->size(), limit);
    if (end.ec != std::errc() || end.ptr != text->data() + text->size() || limit == 0)
        throw Refusal(400, "", "Invalid value for limit: " + std::string(*text));
    return std::min(limit, most);
}

/// The cursor is the place in the sorted list; base64 keeps clients from relying on that.
std::size_t read_cursor(const Request& request)
{
    const auto text = request.query_value("cursor");
    if (!text) return 0;
    std::size_t at = 0;
    const auto plain = detail::base64_decode(*text);
    if (!plain || std::from_chars(plain->data(), plain->data() + plain->size(), at).ec != std::errc())
        throw Refusal(400, "", "Invalid cursor");
    return at;
}

Reply list(Call& call)
{
    const auto type = repo_type(call);
    const auto& accounts = call.site.store.accounts();
    const Filter filter(call.request);
    std::vector<Row> rows;
    for (auto& repo : call.site.store.repos(type)) {
        if (accounts.permission(call.identity(), repo->settings()) == store::Permission::none) continue;
        auto view = view_repo(call.site, *repo, repo->try_resolve("main"));
        if (filter(view)) rows.push_back({repo, std::move(view)});
    }
    sort_rows(rows, call.request);
    const auto names = row_properties(call.request, type);
    const auto limit = read_limit(call.request, std::min(call.site.options.page_size, most_per_page));
    const auto begin = std::min(read_cursor(call.request), rows.size());
    const auto end = std::min(begin + limit, rows.size());
    JsonText out;
    out.open('[');
    for (auto i = begin; i < end; ++i)
        write_repo(out, rows[i].view, names);
    auto reply = json_reply(out.close(']').take());
    if (end < rows.size()) {
        Pairs query = call.request.query;
        std::erase_if(query, [](const auto& pair) { return pair.first == "cursor"; });
        query.emplace_back("cursor", detail::base64_encode(std::to_string(end)));
        reply.header("Link", "<" + call.site.endpoint + call.request.path + "?" +
                                 detail::encode_query(query) + ">; rel=\"next\"");
    }
    return reply;
}

} // namespace

void add_listing_routes(Router& router)
{
    router.add("GET", "/api/{kind}",
               {"search",   "author",   "filter",    "sort",   "direction", "limit",        "full",
                "config",   "cardData", "gated",     "expand", "cursor",    "pipeline_tag", "library",
                "language", "tags",     "inference", "linked", "models",    "datasets"},
               list);
}

} // namespace hfasync::emulator
