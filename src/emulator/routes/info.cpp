// model_info, dataset_info, space_info.
#include "emulator/routes/info.hpp"

#include <algorithm>

#include <boost/json/serialize.hpp>

#include "emulator/access.hpp"
#include "emulator/routes/spaces.hpp"

namespace hfasync::emulator {

namespace {

using View = RepoView;
using Write = void (*)(JsonText&, const View&, RepoWriter&);

constexpr std::chrono::hours trending_time{7 * 24};

void write_gated(JsonText& out, const View& view, RepoWriter&)
{
    out.key("gated");
    view.settings->gated == "false" ? out.boolean(false) : out.string(view.settings->gated);
}

void write_siblings(JsonText& out, const View& view, RepoWriter& writer)
{
    out.key("siblings").open('[');
    if (view.commit)
        view.repo->for_each_file(*view.commit, [&](const std::string& path, const store::TreeEntry& entry) {
            out.open('{').key("rfilename").string(path);
            if (writer.siblings == Siblings::blobs) {
                out.key("size").number(entry.size).key("blobId").string(entry.oid.hex());
                if (entry.lfs) {
                    const auto pointer = store::lfs_pointer(*entry.lfs, entry.size).size();
                    out.key("lfs")
                        .open('{')
                        .key("sha256")
                        .string(entry.lfs->hex())
                        .key("size")
                        .number(entry.size);
                    out.key("pointerSize").number(pointer).close('}');
                }
            }
            out.close('}');
            return true;
        });
    out.close(']');
}

void write_card(JsonText& out, const View& view, RepoWriter&)
{
    out.key("cardData");
    view.facts->card ? out.raw(boost::json::serialize(*view.facts->card)) : out.null();
}

void write_texts(JsonText& out, std::string_view key, const std::vector<std::string>& texts)
{
    out.key(key).open('[');
    for (const auto& text : texts)
        out.string(text);
    out.close(']');
}

void write_optional(JsonText& out, std::string_view key, const std::string& value)
{
    if (!value.empty()) out.key(key).string(value);
}

void write_optional(JsonText& out, std::string_view key, const std::optional<boost::json::object>& value)
{
    if (value) out.key(key).raw(boost::json::serialize(*value));
}

/// A member of the card that the Hub also gives beside it.
void write_of_card(JsonText& out, std::string_view key, const View& view, std::string_view card_key)
{
    const auto* value = view.facts->card ? view.facts->card->if_contains(card_key) : nullptr;
    value ? out.key(key).raw(boost::json::serialize(*value)) : out.key(key).null();
}

void write_weights(JsonText& out, std::string_view key, const View& view, RepoWriter& writer,
                   std::string WeightFacts::* member)
{
    if (!view.commit) return;
    const auto weights = writer.site.cards.weights(writer.site.store.objects(), view.repo, *view.commit);
    if (!((*weights).*member).empty()) out.key(key).raw((*weights).*member);
}

void write_base_models(JsonText& out, const View& view, RepoWriter& writer)
{
    if (view.facts->base_models.empty()) return;
    out.key("baseModels").open('{').key("relation").string(view.facts->base_relation).key("models").open('[');
    const auto& uids = writer.links().model_uids;
    for (const auto& id : view.facts->base_models)
        if (const auto found = uids.find(id); found != uids.end())
            out.open('{').key("_id").string(found->second).key("id").string(id).close('}');
    out.close(']').close('}');
}

void write_spaces(JsonText& out, const View& view, RepoWriter& writer)
{
    static const std::vector<std::string> none;
    const auto& spaces = writer.links().spaces_of_model;
    const auto found = spaces.find(view.settings->id);
    write_texts(out, "spaces", found == spaces.end() ? none : found->second);
}

void write_children(JsonText& out, const View& view, RepoWriter& writer)
{
    const auto& children = writer.links().children_of_model;
    const auto found = children.find(view.settings->id);
    out.key("childrenModelCount").number(found == children.end() ? 0 : found->second);
}

std::string owner_of(const View& view)
{
    return view.settings->id.substr(0, view.settings->id.find('/'));
}

std::string subdomain(const View& view)
{
    std::string out = view.settings->id;
    for (auto& c : out)
        c = c == '/' || c == '.' || c == '_' ? '-'
                                             : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return out;
}

void write_runtime(JsonText& out, const View& view, RepoWriter& writer)
{
    out.key("runtime").raw(space_runtime(writer.site, view.repo));
}

struct Property {
    std::string_view name;
    Write write;
};

constexpr Property properties[] = {
    {"author", [](JsonText& o, const View& v, RepoWriter&) { o.key("author").string(owner_of(v)); }},
    {"sha", [](JsonText& o, const View& v,
               RepoWriter&) { v.commit ? o.key("sha").string(v.commit->hex()) : o.key("sha").null(); }},
    {"lastModified",
     [](JsonText& o, const View& v, RepoWriter&) {
         o.key("lastModified").string(format_timestamp(v.settings->last_modified));
     }},
    {"createdAt", [](JsonText& o, const View& v,
                     RepoWriter&) { o.key("createdAt").string(format_timestamp(v.settings->created_at)); }},
    {"private",
     [](JsonText& o, const View& v, RepoWriter&) { o.key("private").boolean(v.settings->is_private); }},
    {"gated", write_gated},
    {"disabled",
     [](JsonText& o, const View& v, RepoWriter&) { o.key("disabled").boolean(v.settings->is_disabled); }},
    {"downloads",
     [](JsonText& o, const View& v, RepoWriter&) { o.key("downloads").number(v.settings->downloads); }},
    {"downloadsAllTime", [](JsonText& o, const View& v,
                            RepoWriter&) { o.key("downloadsAllTime").number(v.settings->downloads); }},
    {"likes",
     [](JsonText& o, const View& v, RepoWriter&) { o.key("likes").number(v.settings->likers.size()); }},
    {"trendingScore",
     [](JsonText& o, const View& v, RepoWriter& w) {
         o.key("trendingScore").number(trending_score(*v.settings, w.site.now()));
     }},
    {"tags", [](JsonText& o, const View& v, RepoWriter&) { write_texts(o, "tags", v.facts->tags); }},
    {"pipeline_tag", [](JsonText& o, const View& v,
                        RepoWriter&) { write_optional(o, "pipeline_tag", v.facts->pipeline_tag); }},
    {"library_name", [](JsonText& o, const View& v,
                        RepoWriter&) { write_optional(o, "library_name", v.facts->library_name); }},
    {"mask_token",
     [](JsonText& o, const View& v, RepoWriter&) { write_optional(o, "mask_token", v.facts->mask_token); }},
    {"inference",
     [](JsonText& o, const View& v, RepoWriter&) { write_optional(o, "inference", v.facts->inference); }},
    {"cardData", write_card},
    {"widgetData",
     [](JsonText& o, const View& v, RepoWriter&) { write_of_card(o, "widgetData", v, "widget"); }},
    {"model-index",
     [](JsonText& o, const View& v, RepoWriter&) { write_of_card(o, "model-index", v, "model-index"); }},
    {"config", [](JsonText& o, const View& v, RepoWriter&) { write_optional(o, "config", v.facts->config); }},
    {"transformersInfo",
     [](JsonText& o, const View& v, RepoWriter&) {
         write_optional(o, "transformersInfo", v.facts->transformers_info);
     }},
    {"safetensors", [](JsonText& o, const View& v,
                       RepoWriter& w) { write_weights(o, "safetensors", v, w, &WeightFacts::safetensors); }},
    {"gguf",
     [](JsonText& o, const View& v, RepoWriter& w) { write_weights(o, "gguf", v, w, &WeightFacts::gguf); }},
    {"baseModels", write_base_models},
    {"childrenModelCount", write_children},
    {"spaces", write_spaces},
    {"models", [](JsonText& o, const View& v, RepoWriter&) { write_texts(o, "models", v.facts->models); }},
    {"datasets",
     [](JsonText& o, const View& v, RepoWriter&) { write_texts(o, "datasets", v.facts->datasets); }},
    {"description",
     [](JsonText& o, const View& v, RepoWriter&) { write_optional(o, "description", v.facts->description); }},
    {"citation",
     [](JsonText& o, const View& v, RepoWriter&) { write_optional(o, "citation", v.facts->citation); }},
    {"paperswithcode_id", [](JsonText& o, const View& v,
                             RepoWriter&) { write_of_card(o, "paperswithcode_id", v, "paperswithcode_id"); }},
    {"sdk", [](JsonText& o, const View& v, RepoWriter&) { write_optional(o, "sdk", v.facts->sdk); }},
    {"subdomain", [](JsonText& o, const View& v, RepoWriter&) { o.key("subdomain").string(subdomain(v)); }},
    {"host", [](JsonText& o, const View& v,
                RepoWriter&) { o.key("host").string("https://" + subdomain(v) + ".hf.space"); }},
    {"runtime", write_runtime},
    {"siblings", write_siblings},
    {"usedStorage",
     [](JsonText& o, const View& v, RepoWriter&) { o.key("usedStorage").number(used_storage(v)); }},
    {"mainSize", [](JsonText& o, const View& v, RepoWriter&) { o.key("mainSize").number(used_storage(v)); }},
    {"resourceGroup", [](JsonText& o, const View&, RepoWriter&) { o.key("resourceGroup").null(); }},
    // No inference provider and no leaderboard looks at a Hub on loopback.
    {"inferenceProviderMapping",
     [](JsonText& o, const View&, RepoWriter&) { o.key("inferenceProviderMapping").raw("[]"); }},
    {"evalResults", [](JsonText& o, const View&, RepoWriter&) { o.key("evalResults").raw("[]"); }},
    {"region", [](JsonText& o, const View&, RepoWriter&) { o.key("region").string("us"); }},
};

const std::vector<std::string> model_info_properties{
    "author",    "sha",        "lastModified",     "private",      "gated",      "disabled",   "downloads",
    "likes",     "tags",       "pipeline_tag",     "library_name", "mask_token", "widgetData", "model-index",
    "config",    "cardData",   "transformersInfo", "safetensors",  "gguf",       "spaces",     "siblings",
    "createdAt", "usedStorage"};
const std::vector<std::string> dataset_info_properties{
    "author",    "sha",        "lastModified", "private",     "gated",    "disabled", "downloads",
    "likes",     "tags",       "citation",     "description", "cardData", "siblings", "paperswithcode_id",
    "createdAt", "usedStorage"};
const std::vector<std::string> space_info_properties{
    "author", "sha",      "lastModified", "private",   "gated",     "disabled",
    "likes",  "tags",     "sdk",          "subdomain", "host",      "runtime",
    "models", "datasets", "cardData",     "siblings",  "createdAt", "usedStorage"};

const std::vector<std::string>& info_properties(RepoType type)
{
    if (type == RepoType::dataset) return dataset_info_properties;
    return type == RepoType::space ? space_info_properties : model_info_properties;
}

void open_repo(JsonText& out, const View& view)
{
    out.open('{').key("_id").string(view.settings->uid).key("id").string(view.settings->id);
    if (view.settings->type == RepoType::model) out.key("modelId").string(view.settings->id);
}

Reply info(Call& call)
{
    const auto repo = readable(call);
    const auto& revision = call.param("rev");
    std::optional<store::Oid> commit;
    if (!revision.empty() || repo->has_commits())
        commit = repo->resolve(revision.empty() ? "main" : revision);
    const auto view = view_repo(call.site, repo, commit);
    const auto expand = read_expand(call.request, repo->type());
    RepoWriter writer(call.site, call.identity());
    if (call.request.query_flag("blobs")) writer.siblings = Siblings::blobs;
    JsonText out;
    open_repo(out, view);
    for (const auto& name : expand.empty() ? info_properties(repo->type()) : expand)
        writer.property(out, view, name);
    if (call.request.query_flag("securityStatus"))
        out.key("securityRepoStatus").raw(R"({"scansDone":true,"filesWithIssues":[]})");
    auto reply = json_reply(out.close('}').take());
    if (commit) reply.header("X-Repo-Commit", commit->hex());
    return reply;
}

} // namespace

RepoView view_repo(Site& site, const std::shared_ptr<store::Repo>& repo, std::optional<store::Oid> commit)
{
    auto head = site.cards.head(repo);
    auto facts = head->commit == commit ? head->facts : site.cards.facts(repo, commit);
    return {repo, head->settings, commit, std::move(facts)};
}

RepoView view_head(Site& site, const std::shared_ptr<store::Repo>& repo)
{
    const auto head = site.cards.head(repo);
    return {repo, head->settings, head->commit, head->facts};
}

bool may_see(const Site& site, const store::Identity* reader, const RepoView& view)
{
    return site.store.accounts().permission(reader, *view.settings) != store::Permission::none;
}

std::uint64_t used_storage(const RepoView& view)
{
    std::uint64_t sum = 0;
    if (view.commit)
        view.repo->for_each_file(*view.commit, [&](const std::string&, const store::TreeEntry& entry) {
            sum += entry.size;
            return true;
        });
    return sum;
}

std::uint64_t trending_score(const store::RepoSettings& settings, std::chrono::system_clock::time_point now)
{
    return static_cast<std::uint64_t>(
        std::count_if(settings.likers.begin(), settings.likers.end(),
                      [&](const auto& liker) { return liker.second > now - trending_time; }));
}

const std::vector<std::string_view>& expandable(RepoType type)
{
    static const std::vector<std::string_view> models{"author",
                                                      "baseModels",
                                                      "cardData",
                                                      "childrenModelCount",
                                                      "config",
                                                      "createdAt",
                                                      "disabled",
                                                      "downloads",
                                                      "downloadsAllTime",
                                                      "gated",
                                                      "gguf",
                                                      "inference",
                                                      "lastModified",
                                                      "library_name",
                                                      "likes",
                                                      "mask_token",
                                                      "model-index",
                                                      "pipeline_tag",
                                                      "private",
                                                      "safetensors",
                                                      "sha",
                                                      "siblings",
                                                      "spaces",
                                                      "tags",
                                                      "transformersInfo",
                                                      "trendingScore",
                                                      "widgetData",
                                                      "usedStorage",
                                                      "resourceGroup",
                                                      "inferenceProviderMapping",
                                                      "evalResults"};
    static const std::vector<std::string_view> datasets{
        "author",        "cardData",         "citation", "createdAt",     "disabled", "description",
        "downloads",     "downloadsAllTime", "gated",    "lastModified",  "likes",    "paperswithcode_id",
        "private",       "siblings",         "sha",      "trendingScore", "tags",     "usedStorage",
        "resourceGroup", "mainSize"};
    static const std::vector<std::string_view> spaces{
        "author", "cardData",      "createdAt",   "datasets",      "disabled", "lastModified", "likes",
        "models", "private",       "runtime",     "sdk",           "siblings", "sha",          "subdomain",
        "tags",   "trendingScore", "usedStorage", "resourceGroup", "region"};
    if (type == RepoType::dataset) return datasets;
    return type == RepoType::space ? spaces : models;
}

std::vector<std::string> read_expand(const Request& request, RepoType type)
{
    auto names = request.query_values("expand");
    const auto& known = expandable(type);
    for (const auto& name : names)
        if (std::find(known.begin(), known.end(), name) == known.end())
            throw Refusal(400, "", "Invalid value for expand: " + name);
    return names;
}

RepoWriter::RepoWriter(Site& site, const store::Identity* reader) : site(site), reader_(reader) {}
RepoWriter::~RepoWriter() = default;

const Links& RepoWriter::links()
{
    if (!links_) links_ = std::make_unique<const Links>(find_links(site, reader_));
    return *links_;
}

void RepoWriter::property(JsonText& out, const RepoView& view, std::string_view name)
{
    for (const auto& property : properties)
        if (property.name == name) return property.write(out, view, *this);
}

void RepoWriter::repo(JsonText& out, const RepoView& view, const std::vector<std::string>& names)
{
    open_repo(out, view);
    for (const auto& name : names)
        property(out, view, name);
    out.close('}');
}

void add_info_routes(Router& router)
{
    router.add("GET", "/api/{kind}/{id}/revision/{rev}", {"blobs", "securityStatus", "expand"}, info);
    router.add("GET", "/api/{kind}/{id}", {"blobs", "securityStatus", "expand"}, info);
}

} // namespace hfasync::emulator
