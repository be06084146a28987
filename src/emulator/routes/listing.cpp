// list_models, list_datasets, list_spaces.
#include <algorithm>
#include <charconv>
#include <limits>

#include <boost/json/parse.hpp>

#include "emulator/access.hpp"
#include "emulator/routes/info.hpp"
#include "emulator/routes/page.hpp"

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

bool has(const std::vector<std::string>& list, std::string_view text)
{
    return std::find(list.begin(), list.end(), text) != list.end();
}

std::optional<bool> read_bool(const Request& request, std::string_view key)
{
    const auto value = request.query_value(key);
    if (!value) return std::nullopt;
    for (const std::string_view yes : {"true", "True", "1"})
        if (*value == yes) return true;
    for (const std::string_view no : {"false", "False", "0"})
        if (*value == no) return false;
    throw Refusal(400, "", "Invalid value for " + std::string(key) + ": " + std::string(*value));
}

/// Every condition must hold. `filter` and `search` may be repeated, and all of them must fit; of the models
/// (and of the datasets) that a Space should use one is enough.
class Filter {
public:
    explicit Filter(const Request& request)
        : search_(request.query_values("search")), authors_(request.query_values("author")),
          tags_(request.query_values("filter")), pipelines_(request.query_values("pipeline_tag")),
          inference_(request.query_values("inference")), models_(request.query_values("models")),
          datasets_(request.query_values("datasets")), gated_(read_bool(request, "gated")),
          linked_(read_bool(request, "linked").value_or(false)),
          provided_(!request.query_values("inference_provider").empty())
    {
        for (const auto& state : inference_)
            if (state != "warm" && state != "cold" && state != "frozen")
                throw Refusal(400, "", "Invalid value for inference: " + state);
    }

    /// Asks first what costs least.
    bool operator()(const RepoHead& head) const
    {
        const auto& settings = *head.settings;
        const auto& facts = *head.facts;
        const auto owner = std::string_view(settings.id).substr(0, settings.id.find('/'));
        const auto fits = [&](const std::string& text) { return contains_ignoring_case(settings.id, text); };
        const auto tagged = [&](const std::string& tag) { return has(facts.tags, tag); };
        if (provided_) return false; // no provider serves what is on loopback
        return (authors_.empty() || has(authors_, owner)) && (!gated_ || *gated_ == is_gated(settings)) &&
               (pipelines_.empty() || has(pipelines_, facts.pipeline_tag)) &&
               (inference_.empty() || has(inference_, facts.inference)) && uses(models_, facts.models) &&
               uses(datasets_, facts.datasets) &&
               (!linked_ || !facts.models.empty() || !facts.datasets.empty()) &&
               std::all_of(search_.begin(), search_.end(), fits) &&
               std::all_of(tags_.begin(), tags_.end(), tagged);
    }

private:
    static bool is_gated(const store::RepoSettings& settings) { return settings.gated != "false"; }
    static bool uses(const std::vector<std::string>& asked, const std::vector<std::string>& used)
    {
        return asked.empty() ||
               std::any_of(asked.begin(), asked.end(), [&](const std::string& id) { return has(used, id); });
    }

    std::vector<std::string> search_, authors_, tags_, pipelines_, inference_, models_, datasets_;
    std::optional<bool> gated_;
    bool linked_, provided_;
};

/// "6B", "1.5M", "20000" of parameters. \throws Refusal 400
double read_parameters(std::string_view text, std::string_view whole)
{
    double number = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
    const std::string_view unit(end.ptr, static_cast<std::size_t>(text.data() + text.size() - end.ptr));
    constexpr std::pair<std::string_view, double> units[] = {
        {"", 1}, {"K", 1e3}, {"M", 1e6}, {"B", 1e9}, {"T", 1e12}};
    for (const auto& [name, factor] : units)
        if (end.ec == std::errc() && number >= 0 && unit == name) return number * factor;
    throw Refusal(400, "", "Invalid value for num_parameters: " + std::string(whole));
}

/// `num_parameters`: "min:6B,max:128B", of which one may be missing. Keeps models whose safetensors say so.
class ParameterRange {
public:
    /// \throws Refusal 400
    explicit ParameterRange(const Request& request)
    {
        const auto asked = request.query_value("num_parameters");
        if (!asked) return;
        is_asked_ = true;
        for (std::string_view rest = *asked; !rest.empty();) {
            const auto part = rest.substr(0, rest.find(','));
            rest.remove_prefix(std::min(rest.size(), part.size() + 1));
            if (part.starts_with("min:"))
                least_ = read_parameters(part.substr(4), *asked);
            else if (part.starts_with("max:"))
                most_ = read_parameters(part.substr(4), *asked);
            else
                throw Refusal(400, "", "Invalid value for num_parameters: " + std::string(*asked));
        }
    }
    bool holds(Site& site, const std::shared_ptr<store::Repo>& repo, const RepoHead& head) const
    {
        if (!is_asked_) return true;
        if (!head.commit) return false;
        const auto weights = site.cards.weights(site.store.objects(), repo, *head.commit);
        if (weights->safetensors.empty()) return false;
        const auto total = boost::json::parse(weights->safetensors).at("total").to_number<double>();
        return total >= least_ && total <= most_;
    }

private:
    bool is_asked_ = false;
    double least_ = 0, most_ = std::numeric_limits<double>::infinity();
};

/// By a number of each repo, then by id: a total order, so that a cursor can name a place in it whatever
/// comes and goes meanwhile.
class Order {
public:
    Order(const Call& call, RepoType type) : now_(call.site.now())
    {
        const auto sort = call.request.query_value("sort");
        const auto direction = read_direction(call.request);
        if (!sort) return; // by id
        const bool known = *sort == "createdAt" || *sort == "lastModified" || *sort == "likes" ||
                           *sort == "trendingScore" || (*sort == "downloads" && type != RepoType::space);
        if (!known) throw Refusal(400, "", "Invalid value for sort: " + std::string(*sort));
        name_ = *sort;
        down_ = direction == -1;
    }

    /// Ascending in the order asked for.
    std::int64_t key(const store::RepoSettings& settings) const
    {
        const auto value = number(settings);
        return down_ ? -value : value;
    }
    /// "sort:key:id"; the cursor of another order is refused.
    std::string place(std::int64_t key, const std::string& id) const
    {
        return name_ + (down_ ? ":down:" : ":up:") + std::to_string(key) + ":" + id;
    }
    std::pair<std::int64_t, std::string> read_place(const std::string& place) const
    {
        const auto start = name_ + (down_ ? ":down:" : ":up:");
        std::int64_t key = 0;
        if (!place.starts_with(start)) throw Refusal(400, "", "Invalid cursor");
        const char* const end = place.data() + place.size();
        const auto read = std::from_chars(place.data() + start.size(), end, key);
        if (read.ec != std::errc() || read.ptr == end || *read.ptr != ':')
            throw Refusal(400, "", "Invalid cursor");
        return {key, std::string(read.ptr + 1, end)};
    }

private:
    /// -1 is descending, every other whole number ascending. Without it the Hub gives the highest first:
    /// newer clients have no word for a direction.
    static int read_direction(const Request& request)
    {
        const auto text = request.query_value("direction");
        if (!text) return -1;
        int value = 0;
        const auto end = std::from_chars(text->data(), text->data() + text->size(), value);
        if (end.ec != std::errc() || end.ptr != text->data() + text->size())
            throw Refusal(400, "", "Invalid value for direction: " + std::string(*text));
        return value;
    }
    std::int64_t number(const store::RepoSettings& settings) const
    {
        if (name_ == "likes") return static_cast<std::int64_t>(settings.likers.size());
        if (name_ == "downloads") return static_cast<std::int64_t>(settings.downloads);
        if (name_ == "createdAt") return settings.created_at.time_since_epoch().count();
        if (name_ == "lastModified") return settings.last_modified.time_since_epoch().count();
        if (name_ == "trendingScore") return static_cast<std::int64_t>(trending_score(settings, now_));
        return 0;
    }

    std::chrono::system_clock::time_point now_;
    std::string name_;
    bool down_ = false;
};

struct Row {
    std::int64_t key;
    std::shared_ptr<const RepoHead> head;
    std::shared_ptr<store::Repo> repo;
    bool operator<(const Row& other) const
    {
        return key != other.key ? key < other.key : head->settings->id < other.head->settings->id;
    }
};

std::vector<Row> matching_rows(Call& call, RepoType type, const Order& order)
{
    const auto& accounts = call.site.store.accounts();
    const Filter filter(call.request);
    const ParameterRange parameters(call.request);
    const auto cursor = read_cursor(call);
    const auto after = cursor.empty() ? std::pair<std::int64_t, std::string>() : order.read_place(cursor);
    std::vector<Row> rows;
    for (auto& repo : call.site.store.repos(type)) {
        auto head = call.site.cards.head(repo);
        if (!filter(*head)) continue;
        if (accounts.permission(call.identity(), *head->settings) == store::Permission::none) continue;
        const auto key = order.key(*head->settings);
        if (!cursor.empty() && std::tie(key, head->settings->id) <= std::tie(after.first, after.second))
            continue;
        if (!parameters.holds(call.site, repo, *head)) continue;
        rows.push_back({key, std::move(head), std::move(repo)});
    }
    return rows;
}

void add_missing(std::vector<std::string>& names, std::initializer_list<const char*> more)
{
    for (const char* name : more)
        if (!has(names, name)) names.emplace_back(name);
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
    if (type == RepoType::model) add_missing(names, {"pipeline_tag", "library_name"});
    if (type == RepoType::dataset)
        add_missing(names, {"author", "sha", "lastModified", "gated", "disabled", "description"});
    if (request.query_flag("full")) {
        add_missing(names, {"author", "sha", "lastModified", "gated", "disabled", "siblings"});
        // A model's metadata has a key of its own, cardData.
        if (type != RepoType::model) add_missing(names, {"cardData"});
        if (type == RepoType::dataset) add_missing(names, {"citation", "paperswithcode_id"});
        if (type == RepoType::space) add_missing(names, {"host", "subdomain", "runtime"});
    }
    if (request.query_flag("linked")) add_missing(names, {"models", "datasets"});
    if (request.query_flag("cardData")) add_missing(names, {"cardData"});
    if (request.query_flag("config")) add_missing(names, {"config"});
    if (request.query_value("inference")) add_missing(names, {"inference"});
    return names;
}

Reply list(Call& call, RepoType type)
{
    const Order order(call, type);
    const auto names = row_properties(call.request, type);
    const auto limit = read_limit(call, most_per_page);
    auto rows = matching_rows(call, type, order);
    const bool more = rows.size() > limit;
    const auto end = rows.begin() + static_cast<std::ptrdiff_t>(std::min(limit, rows.size()));
    std::partial_sort(rows.begin(), end, rows.end());
    RepoWriter writer(call.site, call.identity());
    JsonText out;
    out.open('[');
    for (auto row = rows.begin(); row != end; ++row)
        writer.repo(out, {row->repo, row->head->settings, row->head->commit, row->head->facts}, names);
    auto reply = json_reply(out.close(']').take());
    if (more) {
        const auto& last = *std::prev(end);
        write_next(call, reply, order.place(last.key, last.head->settings->id));
    }
    return reply;
}

template <RepoType type>
Reply list_of(Call& call)
{
    return list(call, type);
}

} // namespace

void add_listing_routes(Router& router)
{
    router.add("GET", "/api/models",
               {"filter", "author", "gated", "inference", "inference_provider", "num_parameters", "search",
                "pipeline_tag", "sort", "direction", "limit", "full", "cardData", "config", "expand",
                "cursor"},
               list_of<RepoType::model>);
    router.add(
        "GET", "/api/datasets",
        {"filter", "author", "gated", "search", "sort", "direction", "limit", "full", "expand", "cursor"},
        list_of<RepoType::dataset>);
    router.add("GET", "/api/spaces",
               {"filter", "author", "search", "datasets", "models", "linked", "sort", "direction", "limit",
                "full", "expand", "cursor"},
               list_of<RepoType::space>);
}

} // namespace hfasync::emulator
