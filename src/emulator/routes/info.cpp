// model_info, dataset_info, space_info.
#include "emulator/routes/info.hpp"

#include <boost/json/serialize.hpp>

#include "emulator/access.hpp"

namespace hfasync::emulator {

namespace {

using View = RepoView;
using Write = void (*)(JsonText&, const View&);

void write_gated(JsonText& out, const View& view)
{
    out.key("gated");
    view.settings.gated == "false" ? out.boolean(false) : out.string(view.settings.gated);
}

void write_siblings(JsonText& out, const View& view, bool with_blobs)
{
    out.key("siblings").open('[');
    if (view.commit)
        view.repo->for_each_file(*view.commit, [&](const std::string& path, const store::TreeEntry& entry) {
            out.open('{').key("rfilename").string(path);
            if (with_blobs) {
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

std::uint64_t used_storage(const View& view)
{
    std::uint64_t sum = 0;
    if (view.commit)
        view.repo->for_each_file(*view.commit, [&](const std::string&, const store::TreeEntry& entry) {
            sum += entry.size;
            return true;
        });
    return sum;
}

void write_card(JsonText& out, const View& view)
{
    out.key("cardData");
    view.facts->card ? out.raw(boost::json::serialize(*view.facts->card)) : out.null();
}

void write_tags(JsonText& out, const View& view)
{
    out.key("tags").open('[');
    for (const auto& tag : view.facts->tags)
        out.string(tag);
    out.close(']');
}

void write_optional(JsonText& out, std::string_view key, const std::string& value)
{
    if (!value.empty()) out.key(key).string(value);
}

std::string owner_of(const View& view)
{
    return view.settings.id.substr(0, view.settings.id.find('/'));
}

std::string subdomain(const View& view)
{
    std::string out = view.settings.id;
    for (auto& c : out)
        c = c == '/' || c == '.' || c == '_' ? '-'
                                             : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return out;
}

void write_runtime(JsonText& out, const View& view)
{
    (void)view;
    out.key("runtime").raw(
        R"({"stage":"RUNNING","hardware":{"current":"cpu-basic","requested":"cpu-basic"},"storage":null,)"
        R"("gcTimeout":172800,"replicas":{"current":1,"requested":1}})");
}

struct Property {
    std::string_view name;
    Write write;
};

// What every repo has. Properties that only a real Hub can know (downloads of a month, child models) are 0 or
// absent.
constexpr Property properties[] = {
    {"author", [](JsonText& o, const View& v) { o.key("author").string(owner_of(v)); }},
    {"sha", [](JsonText& o,
               const View& v) { v.commit ? o.key("sha").string(v.commit->hex()) : o.key("sha").null(); }},
    {"lastModified",
     [](JsonText& o, const View& v) {
         o.key("lastModified").string(format_timestamp(v.settings.last_modified));
     }},
    {"createdAt",
     [](JsonText& o, const View& v) { o.key("createdAt").string(format_timestamp(v.settings.created_at)); }},
    {"private", [](JsonText& o, const View& v) { o.key("private").boolean(v.settings.is_private); }},
    {"gated", write_gated},
    {"disabled", [](JsonText& o, const View& v) { o.key("disabled").boolean(v.settings.is_disabled); }},
    {"downloads", [](JsonText& o, const View& v) { o.key("downloads").number(v.settings.downloads); }},
    {"downloadsAllTime",
     [](JsonText& o, const View& v) { o.key("downloadsAllTime").number(v.settings.downloads); }},
    {"likes", [](JsonText& o, const View& v) { o.key("likes").number(v.settings.likers.size()); }},
    {"trendingScore", [](JsonText& o, const View&) { o.key("trendingScore").number(0); }},
    {"tags", write_tags},
    {"pipeline_tag",
     [](JsonText& o, const View& v) { write_optional(o, "pipeline_tag", v.facts->pipeline_tag); }},
    {"library_name",
     [](JsonText& o, const View& v) { write_optional(o, "library_name", v.facts->library_name); }},
    {"cardData", write_card},
    {"config",
     [](JsonText& o, const View& v) {
         if (v.facts->config) o.key("config").raw(boost::json::serialize(*v.facts->config));
     }},
    {"spaces", [](JsonText& o, const View&) { o.key("spaces").raw("[]"); }},
    {"models", [](JsonText& o, const View&) { o.key("models").raw("[]"); }},
    {"datasets", [](JsonText& o, const View&) { o.key("datasets").raw("[]"); }},
    {"childrenModelCount", [](JsonText& o, const View&) { o.key("childrenModelCount").number(0); }},
    {"sdk", [](JsonText& o, const View& v) { write_optional(o, "sdk", v.facts->sdk); }},
    {"subdomain", [](JsonText& o, const View& v) { o.key("subdomain").string(subdomain(v)); }},
    {"host",
     [](JsonText& o, const View& v) { o.key("host").string("https://" + subdomain(v) + ".hf.space"); }},
    {"runtime", write_runtime},
    {"usedStorage", [](JsonText& o, const View& v) { o.key("usedStorage").number(used_storage(v)); }},
};

const std::vector<std::string> model_info_properties{
    "author",    "sha",    "lastModified", "private",      "gated",        "disabled",
    "downloads", "likes",  "tags",         "pipeline_tag", "library_name", "cardData",
    "config",    "spaces", "siblings",     "createdAt",    "usedStorage"};
const std::vector<std::string> dataset_info_properties{
    "author", "sha",  "lastModified", "private",  "gated",     "disabled",   "downloads",
    "likes",  "tags", "cardData",     "siblings", "createdAt", "usedStorage"};
const std::vector<std::string> space_info_properties{
    "author", "sha",      "lastModified", "private",   "gated",     "disabled",
    "likes",  "tags",     "sdk",          "subdomain", "host",      "runtime",
    "models", "datasets", "cardData",     "siblings",  "createdAt", "usedStorage"};

const std::vector<std::string>& info_properties(RepoType type)
{
    if (type == RepoType::dataset) return dataset_info_properties;
    return type == RepoType::space ? space_info_properties : model_info_properties;
}

Reply info(Call& call)
{
    const auto repo = readable(call);
    const auto& revision = call.param("rev");
    std::optional<store::Oid> commit;
    if (!revision.empty() || repo->has_commits())
        commit = repo->resolve(revision.empty() ? "main" : revision);
    const auto view = view_repo(call.site, *repo, commit);
    const auto expand = read_expand(call.request, repo->type());
    const bool blobs = call.request.query_flag("blobs");
    JsonText out;
    out.open('{').key("_id").string(view.settings.uid).key("id").string(view.settings.id);
    if (repo->type() == RepoType::model) out.key("modelId").string(view.settings.id);
    for (const auto& name : expand.empty() ? info_properties(repo->type()) : expand)
        write_property(out, view, name, blobs);
    if (call.request.query_flag("securityStatus"))
        out.key("securityRepoStatus").raw(R"({"scansDone":true,"filesWithIssues":[]})");
    auto reply = json_reply(out.close('}').take());
    if (commit) reply.header("X-Repo-Commit", commit->hex());
    return reply;
}

} // namespace

RepoView view_repo(Site& site, const store::Repo& repo, std::optional<store::Oid> commit)
{
    auto facts = site.cards.get(repo, commit);
    return {&repo, repo.settings(), commit, std::move(facts)};
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
                                                      "resourceGroup"};
    static const std::vector<std::string_view> datasets{
        "author",       "cardData",         "citation", "createdAt",     "disabled", "description",
        "downloads",    "downloadsAllTime", "gated",    "lastModified",  "likes",    "paperswithcode_id",
        "private",      "siblings",         "sha",      "trendingScore", "tags",     "usedStorage",
        "resourceGroup"};
    static const std::vector<std::string_view> spaces{
        "author", "cardData",  "createdAt", "datasets",      "disabled",    "lastModified",
        "likes",  "models",    "private",   "runtime",       "sdk",         "siblings",
        "sha",    "subdomain", "tags",      "trendingScore", "usedStorage", "resourceGroup"};
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

void write_property(JsonText& out, const RepoView& view, std::string_view name, bool with_blobs)
{
    if (name == "siblings") {
        write_siblings(out, view, with_blobs);
        return;
    }
    for (const auto& property : properties)
        if (property.name == name) property.write(out, view);
}

void write_repo(JsonText& out, const RepoView& view, const std::vector<std::string>& names)
{
    out.open('{').key("_id").string(view.settings.uid).key("id").string(view.settings.id);
    if (view.settings.type == RepoType::model) out.key("modelId").string(view.settings.id);
    for (const auto& name : names)
        write_property(out, view, name);
    out.close('}');
}

void add_info_routes(Router& router)
{
    router.add("GET", "/api/{kind}/{id}/revision/{rev}", {"blobs", "securityStatus", "expand"}, info);
    router.add("GET", "/api/{kind}/{id}", {"blobs", "securityStatus", "expand"}, info);
}

} // namespace hfasync::emulator
