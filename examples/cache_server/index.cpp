#include "index.hpp"

#include <boost/asio/post.hpp>
#include <boost/json.hpp>

#include <fstream>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>

#include "store.hpp"

namespace cache_server {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

constexpr std::size_t idle_lines = 1000; // of a journal that say nothing any more; it is then written anew

std::int64_t seconds(Clock::time_point time)
{
    return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

Clock::time_point time_of(const json::object& object)
{
    return Clock::time_point(std::chrono::seconds(object.at("at").as_int64()));
}

std::string text(const json::object& object, const char* key)
{
    return json::value_to<std::string>(object.at(key));
}

std::string file_key(const std::string& commit, const std::string& path)
{
    return commit + '/' + path;
}

std::string line_of(const std::string& revision, const SeenRef& ref)
{
    return json::serialize(json::object{{"ref", revision}, {"commit", ref.commit}, {"at", seconds(ref.at)}});
}

std::string line_of(const std::string& path, const FileFacts& facts)
{
    return json::serialize(
        json::object{{"path", path}, {"commit", facts.commit}, {"etag", facts.etag}, {"size", facts.size}});
}

std::string line_of(const SeenPublic& seen)
{
    return json::serialize(json::object{{"public", seen.is_public}, {"at", seconds(seen.at)}});
}

std::string absent_key(const Repo& repo, const std::string& commit, const std::string& path)
{
    return repo.key() + '\n' + file_key(commit, path);
}

/// The old journal says the same: that this one cannot be written costs nothing.
void replace(const fs::path& journal, const std::string& text)
{
    auto temporary = journal;
    temporary.replace_extension(".new");
    try {
        const int descriptor = ::open(temporary.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
        if (descriptor < 0) return;
        const OpenFile out(descriptor, text.size());
        out.write(0, text);
        out.sync(); // before it takes the place of what is whole
        fs::rename(temporary, journal);
    } catch (const std::system_error&) {
        std::error_code ignored;
        fs::remove(temporary, ignored);
    }
}

/// models--owner--name.ndjson. An id has no "--" of its own.
std::optional<Repo> repo_of(std::string name)
{
    for (const auto type : {hfasync::RepoType::model, hfasync::RepoType::dataset, hfasync::RepoType::space}) {
        const auto prefix = std::string(hfasync::plural(type)) + "--";
        if (!name.starts_with(prefix)) continue;
        name.erase(0, prefix.size());
        if (const auto at = name.find("--"); at != std::string::npos) name.replace(at, 2, "/");
        return Repo{type, std::move(name)};
    }
    return std::nullopt;
}

} // namespace

Index::Index(fs::path folder, boost::asio::thread_pool& disk,
             const std::function<bool(const Repo&, const std::string&)>& stored, IndexLimits limits)
    : folder_(std::move(folder)), writer_(boost::asio::make_strand(disk.get_executor())), limits_(limits),
      absent_(limits.absent)
{
    fs::create_directories(folder_);
    for (const auto& entry : fs::directory_iterator(folder_))
        if (entry.path().extension() == ".ndjson") read(entry.path(), stored);
}

fs::path Index::journal(const Repo& repo) const
{
    return folder_ / (repo.key() + ".ndjson");
}

bool Index::read_line(Known& known, std::string_view line, const IsStored& stored)
{
    boost::system::error_code broken;
    const auto value = json::parse(line, broken);
    if (broken || !value.is_object()) return false;
    try {
        const auto& object = value.get_object();
        if (object.contains("ref")) {
            known.refs[text(object, "ref")] = {text(object, "commit"), time_of(object)};
        } else if (object.contains("path")) {
            const FileFacts facts{text(object, "commit"), text(object, "etag"),
                                  object.at("size").to_number<std::uint64_t>()};
            const auto key = file_key(facts.commit, text(object, "path"));
            if (facts.absent() || (facts.size > 0 && !stored(facts.etag)))
                forget(known, key);
            else if (remember(known, key, facts))
                drop_oldest();
        } else {
            known.seen_public = {object.at("public").as_bool(), time_of(object)};
        }
        return true;
    } catch (const std::exception&) {
        return false;
    }
}

void Index::read(const fs::path& path, const std::function<bool(const Repo&, const std::string&)>& stored)
{
    const auto repo = repo_of(path.stem().string());
    if (!repo) return;
    auto& known = known_of(*repo);
    const auto is_stored = [&](const std::string& etag) { return stored(*repo, etag); };
    std::ifstream in(path, std::ios::binary);
    std::size_t bad = 0;
    for (std::string line; std::getline(in, line); ++known.lines)
        bad += read_line(known, line, is_stored) ? 0 : 1;
    const auto live = known.files.size() + known.refs.size();
    if (bad == 0 && known.lines <= 2 * live + 16) return;
    known.lines = live + 1;
    replace(journal(*repo), text_of(known));
}

Index::Known& Index::known_of(const Repo& repo)
{
    const auto at = repos_.try_emplace(repo).first;
    at->second.repo = &at->first;
    return at->second;
}

bool Index::remember(Known& known, const std::string& key, const FileFacts& facts)
{
    const auto [at, is_new] = known.files.try_emplace(key);
    auto& file = at->second;
    if (is_new)
        file.used = order_.insert(order_.begin(), {&known, &at->first});
    else
        order_.splice(order_.begin(), order_, file.used);
    const bool changed = is_new || file.facts != facts;
    file.facts = facts;
    return changed;
}

void Index::forget(Known& known, const std::string& key)
{
    const auto at = known.files.find(key);
    if (at == known.files.end()) return;
    order_.erase(at->second.used);
    known.files.erase(at);
}

Index::Known* Index::drop_oldest()
{
    if (order_.size() <= limits_.files) return nullptr;
    const auto oldest = order_.back();
    forget(*oldest.known, std::string(*oldest.key));
    return oldest.known;
}

std::string Index::text_of(const Known& known)
{
    std::string out;
    for (const auto& [revision, ref] : known.refs)
        out += line_of(revision, ref) + '\n';
    for (const auto& [key, file] : known.files)
        out += line_of(key.substr(file.facts.commit.size() + 1), file.facts) + '\n';
    if (known.seen_public) out += line_of(*known.seen_public) + '\n';
    return out;
}

bool Index::tidy(Known& known)
{
    const auto live = known.files.size() + known.refs.size() + 1;
    if (known.lines <= 2 * live + idle_lines) return false;
    known.lines = live;
    boost::asio::post(writer_, [path = journal(*known.repo), text = text_of(known)] { replace(path, text); });
    return true;
}

/// A line about what is known by now.
void Index::append(Known& known, std::string line)
{
    ++known.lines;
    if (tidy(known)) return;
    line += '\n';
    boost::asio::post(writer_, [path = journal(*known.repo), line = std::move(line)] {
        std::ofstream out(path, std::ios::binary | std::ios::app);
        out.write(line.data(), static_cast<std::streamsize>(line.size()));
    });
}

std::optional<SeenRef> Index::ref(const Repo& repo, const std::string& revision) const
{
    const auto known = repos_.find(repo);
    if (known == repos_.end()) return std::nullopt;
    const auto at = known->second.refs.find(revision);
    return at == known->second.refs.end() ? std::nullopt : std::optional(at->second);
}

std::optional<FileFacts> Index::file(const Repo& repo, const std::string& commit, const std::string& path)
{
    if (const auto known = repos_.find(repo); known != repos_.end()) {
        const auto at = known->second.files.find(file_key(commit, path));
        if (at != known->second.files.end()) {
            order_.splice(order_.begin(), order_, at->second.used);
            return at->second.facts;
        }
    }
    if (absent_.end_of(absent_key(repo, commit, path))) return FileFacts{commit, "", 0};
    return std::nullopt;
}

bool Index::is_due(const Repo& repo, const std::string& commit, const std::string& path,
                   Clock::time_point now)
{
    const auto until = absent_.end_of(absent_key(repo, commit, path));
    return until && *until <= now;
}

std::optional<SeenPublic> Index::seen_public(const Repo& repo) const
{
    const auto known = repos_.find(repo);
    return known == repos_.end() ? std::nullopt : known->second.seen_public;
}

void Index::set_ref(const Repo& repo, const std::string& revision, const SeenRef& ref)
{
    auto& known = known_of(repo);
    auto& kept = known.refs[revision];
    const bool moved = kept.commit != ref.commit;
    kept = ref;
    if (moved) append(known, line_of(revision, ref));
}

void Index::set_file(const Repo& repo, const std::string& path, const FileFacts& facts)
{
    absent_.forget(absent_key(repo, facts.commit, path));
    auto& known = known_of(repo);
    if (!remember(known, file_key(facts.commit, path), facts)) return;
    append(known, line_of(path, facts));
    // A line of what is dropped may stay for a while: it is true, it only takes room.
    if (auto* poorer = drop_oldest()) tidy(*poorer);
}

void Index::set_absent(const Repo& repo, const std::string& commit, const std::string& path,
                       Clock::time_point until)
{
    absent_.set(absent_key(repo, commit, path), until);
}

void Index::set_public(const Repo& repo, const SeenPublic& seen)
{
    // What was never public needs no note: anybody can ask for any number of repos that are not there.
    const auto before = seen_public(repo);
    if (!before && !seen.is_public) return;
    auto& known = known_of(repo);
    known.seen_public = seen;
    if (!before || before->is_public || seen.is_public) append(known, line_of(seen));
}

} // namespace cache_server
