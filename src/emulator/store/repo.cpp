// State of a repo: settings, refs, and how they come to disk.
#include "emulator/store/repo.hpp"

#include <fstream>
#include <system_error>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "base/os.hpp"
#include "emulator/store/errors.hpp"

namespace hfasync::emulator::store {

namespace fs = std::filesystem;
namespace json = boost::json;

// A repo's folder holds `repo.json` (settings and refs; replaced as a whole) and `commits.ndjson` (one line a
// commit, only ever appended). The line is written before the ref that names it, so that a killed process
// leaves at worst a commit that nothing leads to, or a line without its end, which the next start cuts off.

namespace {

json::array to_json(const auto& strings)
{
    json::array out;
    for (const std::string& text : strings)
        out.emplace_back(text);
    return out;
}

template <class Container>
Container from_json(const json::value& array)
{
    Container out;
    for (const json::value& text : array.as_array())
        out.insert(out.end(), std::string(text.as_string()));
    return out;
}

std::int64_t micros(Timestamp time)
{
    return time.time_since_epoch().count();
}
Timestamp from_micros(const json::value& value)
{
    return Timestamp(std::chrono::microseconds(value.to_number<std::int64_t>()));
}

json::object likers_to_json(const RepoSettings& s)
{
    json::object out;
    for (const auto& [name, since] : s.likers)
        out.emplace(name, micros(since));
    return out;
}

std::map<std::string, Timestamp> likers_from_json(const json::value& value)
{
    std::map<std::string, Timestamp> out;
    if (!value.is_object()) return out; // of a version that had no likes
    for (const auto& member : value.get_object())
        out.emplace(member.key(), from_micros(member.value()));
    return out;
}

json::object settings_to_json(const RepoSettings& s)
{
    return {{"uid", s.uid},
            {"type", to_string(s.type)},
            {"id", s.id},
            {"formerIds", to_json(s.former_ids)},
            {"private", s.is_private},
            {"gated", s.gated},
            {"disabled", s.is_disabled},
            {"sdk", s.sdk},
            {"createdAt", micros(s.created_at)},
            {"lastModified", micros(s.last_modified)},
            {"downloads", s.downloads},
            {"likers", likers_to_json(s)},
            {"access", to_json(s.access)},
            {"lastNumber", s.last_number},
            {"extra", s.extra}};
}

RepoSettings settings_from_json(const json::object& o)
{
    const auto text = [&](std::string_view key) { return std::string(o.at(key).as_string()); };
    RepoSettings s;
    s.uid = text("uid");
    s.type = parse_repo_type(text("type"));
    s.id = text("id");
    s.former_ids = from_json<std::vector<std::string>>(o.at("formerIds"));
    s.is_private = o.at("private").as_bool();
    s.gated = text("gated");
    s.is_disabled = o.at("disabled").as_bool();
    s.sdk = text("sdk");
    s.created_at = from_micros(o.at("createdAt"));
    s.last_modified = from_micros(o.at("lastModified"));
    s.downloads = o.at("downloads").to_number<std::uint64_t>();
    s.likers = likers_from_json(o.at("likers"));
    s.access = from_json<std::set<std::string>>(o.at("access"));
    s.last_number = o.at("lastNumber").to_number<int>();
    s.extra = o.at("extra").as_object();
    return s;
}

Oid oid_from_json(const json::value& value)
{
    const auto oid = Oid::parse(std::string_view(value.as_string()));
    if (!oid) throw StoreError(500, "", "A commit id in the data folder is damaged");
    return *oid;
}

json::object commit_to_json(const CommitRecord& c)
{
    json::array parents;
    for (const Oid& parent : c.parents)
        parents.emplace_back(parent.hex());
    return {{"oid", c.oid.hex()},
            {"tree", c.tree.hex()},
            {"parents", std::move(parents)},
            {"author", c.author},
            {"email", c.email},
            {"date", micros(c.date)},
            {"title", c.title},
            {"description", c.description},
            {"changed", to_json(c.changed)}};
}

CommitRecord commit_from_json(const json::object& o)
{
    CommitRecord c;
    c.oid = oid_from_json(o.at("oid"));
    c.tree = oid_from_json(o.at("tree"));
    for (const json::value& parent : o.at("parents").as_array())
        c.parents.push_back(oid_from_json(parent));
    c.author = o.at("author").as_string();
    c.email = o.at("email").as_string();
    c.date = from_micros(o.at("date"));
    c.title = o.at("title").as_string();
    c.description = o.at("description").as_string();
    c.changed = from_json<std::vector<std::string>>(o.at("changed"));
    return c;
}

/// Of all repos: a number is given once.
std::uint64_t next_version()
{
    static std::atomic<std::uint64_t> last{0};
    return ++last;
}

std::string read_text(const fs::path& path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

} // namespace

Repo::Repo(ObjectStore& objects, TreeStore& trees, fs::path folder, RepoSettings settings, ClockFn clock)
    : objects_(objects), trees_(trees), folder_(std::move(folder)), clock_(std::move(clock)),
      settings_(std::move(settings)), version_(next_version())
{
    load_commits();
    log_ = detail::open_write(folder_ / "commits.ndjson", false);
    if (!fs::exists(folder_ / "repo.json")) save();
}

Repo::~Repo()
{
    if (!unsaved_downloads_) return;
    try {
        save();
    } catch (const std::exception&) { // a full disk: a count is no reason to fail
    }
}

std::shared_ptr<Repo> Repo::load(ObjectStore& objects, TreeStore& trees, fs::path folder, ClockFn clock)
{
    const json::object state = json::parse(read_text(folder / "repo.json")).as_object();
    auto repo =
        std::make_shared<Repo>(objects, trees, std::move(folder),
                               settings_from_json(state.at("settings").as_object()), std::move(clock));
    for (const json::value& item : state.at("refs").as_array()) {
        const json::object& o = item.as_object();
        std::string name(o.at("ref").as_string());
        Ref ref = make_ref(name, oid_from_json(o.at("commit")), std::string(o.at("message").as_string()));
        repo->refs_.emplace(std::move(name), std::move(ref));
    }
    return repo;
}

void Repo::load_commits()
{
    const fs::path path = folder_ / "commits.ndjson";
    if (!fs::exists(path)) return;
    const std::string text = read_text(path);
    std::size_t at = 0;
    for (std::size_t end; (end = text.find('\n', at)) != std::string::npos; at = end + 1) {
        CommitRecord commit =
            commit_from_json(json::parse(std::string_view(text).substr(at, end - at)).as_object());
        by_hash_.insert(commit.oid);
        const Oid oid = commit.oid;
        commits_.emplace(oid, std::make_unique<const CommitRecord>(std::move(commit)));
    }
    if (at != text.size()) fs::resize_file(path, at);
    log_size_ = at;
}

void Repo::append(CommitRecord commit)
{
    const Oid oid = commit.oid;
    if (commits_.contains(oid)) // the same change, author and second: git has one object for both
        return;
    const std::string line = json::serialize(commit_to_json(commit)) + '\n';
    const fs::path path = folder_ / "commits.ndjson";
    try {
        detail::write_all_at(log_, std::as_bytes(std::span(line)), log_size_, path);
    } catch (...) {
        std::error_code ignored; // a full disk: no half line may stand before the next one
        fs::resize_file(path, log_size_, ignored);
        throw;
    }
    log_size_ += line.size();
    by_hash_.insert(oid);
    commits_.emplace(oid, std::make_unique<const CommitRecord>(std::move(commit)));
}

void Repo::save() const
{
    if (!fs::exists(folder_)) // deleted, and a request still holds it
        return;
    json::array refs;
    for (const auto& [name, ref] : refs_)
        refs.push_back(json::object{{"ref", name}, {"commit", ref.commit.hex()}, {"message", ref.message}});
    const json::object state{{"settings", settings_to_json(settings_)}, {"refs", std::move(refs)}};
    detail::atomic_write(folder_ / "repo.json", json::serialize(state), folder_, false);
}

void Repo::change_and_save(const std::function<void()>& change)
{
    auto refs_before = refs_;
    auto settings_before = settings_;
    try {
        change();
        save();
    } catch (...) {
        refs_ = std::move(refs_before);
        settings_ = std::move(settings_before);
        throw;
    }
    unsaved_downloads_ = false;
    version_.store(next_version(), std::memory_order_release);
}

void Repo::count_download()
{
    const std::unique_lock lock(mutex_);
    ++settings_.downloads;
    unsaved_downloads_ = true;
    version_.store(next_version(), std::memory_order_release);
}

RepoSettings Repo::settings() const
{
    const std::shared_lock lock(mutex_);
    return settings_;
}

std::string Repo::id() const
{
    const std::shared_lock lock(mutex_);
    return settings_.id;
}

RepoType Repo::type() const
{
    const std::shared_lock lock(mutex_);
    return settings_.type;
}

void Repo::update(const std::function<void(RepoSettings&)>& change)
{
    const std::unique_lock lock(mutex_);
    change_and_save([&] { change(settings_); });
}

} // namespace hfasync::emulator::store
