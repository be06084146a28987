#include "index.hpp"

#include <boost/asio/post.hpp>
#include <boost/json.hpp>

#include <fstream>
#include <string_view>
#include <utility>

namespace cache_server {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

constexpr std::size_t most_files = 2'000'000; // a further one costs a HEAD each time, no memory

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
             const std::function<bool(const Repo&, const std::string&)>& stored)
    : folder_(std::move(folder)), writer_(boost::asio::make_strand(disk.get_executor()))
{
    fs::create_directories(folder_);
    for (const auto& entry : fs::directory_iterator(folder_))
        if (entry.path().extension() == ".ndjson") read(entry.path(), stored);
}

fs::path Index::journal(const Repo& repo) const
{
    return folder_ / (repo.key() + ".ndjson");
}

bool Index::read_line(Known& known, std::string_view line)
{
    boost::system::error_code broken;
    const auto value = json::parse(line, broken);
    if (broken || !value.is_object()) return false;
    try {
        const auto& object = value.get_object();
        if (object.contains("ref"))
            known.refs[text(object, "ref")] = {text(object, "commit"), time_of(object)};
        else if (object.contains("path"))
            known.files[file_key(text(object, "commit"), text(object, "path"))] = {
                text(object, "commit"), text(object, "etag"), object.at("size").to_number<std::uint64_t>()};
        else
            known.seen_public = {object.at("public").as_bool(), time_of(object)};
        return true;
    } catch (const std::exception&) {
        return false;
    }
}

void Index::read(const fs::path& path, const std::function<bool(const Repo&, const std::string&)>& stored)
{
    const auto repo = repo_of(path.stem().string());
    if (!repo) return;
    Known known;
    std::ifstream in(path, std::ios::binary);
    std::size_t lines = 0, bad = 0;
    for (std::string line; std::getline(in, line); ++lines)
        bad += read_line(known, line) ? 0 : 1;
    std::erase_if(known.files, [&](const auto& entry) {
        return entry.second.size > 0 && !stored(*repo, entry.second.etag);
    });
    files_ += known.files.size();
    if (bad > 0 || lines > 2 * (known.files.size() + known.refs.size()) + 16) rewrite(*repo, known);
    repos_[*repo] = std::move(known);
}

void Index::rewrite(const Repo& repo, const Known& known) const
{
    const auto temporary = folder_ / (repo.key() + ".new");
    {
        std::ofstream out(temporary, std::ios::binary | std::ios::trunc);
        for (const auto& [revision, ref] : known.refs)
            out << line_of(revision, ref) << '\n';
        for (const auto& [key, facts] : known.files)
            out << line_of(key.substr(facts.commit.size() + 1), facts) << '\n';
        if (known.seen_public) out << line_of(*known.seen_public) << '\n';
        if (!out.flush()) return; // the old journal says the same
    }
    fs::rename(temporary, journal(repo));
}

void Index::append(const Repo& repo, std::string line)
{
    line += '\n';
    boost::asio::post(writer_, [path = journal(repo), line = std::move(line)] {
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

std::optional<FileFacts> Index::file(const Repo& repo, const std::string& commit,
                                     const std::string& path) const
{
    const auto known = repos_.find(repo);
    if (known == repos_.end()) return std::nullopt;
    const auto at = known->second.files.find(file_key(commit, path));
    return at == known->second.files.end() ? std::nullopt : std::optional(at->second);
}

std::optional<SeenPublic> Index::seen_public(const Repo& repo) const
{
    const auto known = repos_.find(repo);
    return known == repos_.end() ? std::nullopt : known->second.seen_public;
}

void Index::set_ref(const Repo& repo, const std::string& revision, const SeenRef& ref)
{
    auto& kept = repos_[repo].refs[revision];
    const bool moved = kept.commit != ref.commit;
    kept = ref;
    if (moved) append(repo, line_of(revision, ref));
}

void Index::set_file(const Repo& repo, const std::string& path, const FileFacts& facts)
{
    auto& files = repos_[repo].files;
    const auto key = file_key(facts.commit, path);
    const auto at = files.find(key);
    if (at != files.end() ? at->second == facts : files_ >= most_files) return;
    if (at == files.end()) ++files_;
    files[key] = facts;
    // What is not there is remembered, not written: anybody can ask for any number of such names.
    if (!facts.absent()) append(repo, line_of(path, facts));
}

void Index::set_public(const Repo& repo, const SeenPublic& seen)
{
    // What was never public needs no note: anybody can ask for any number of repos that are not there.
    const auto before = seen_public(repo);
    if (!before && !seen.is_public) return;
    repos_[repo].seen_public = seen;
    if (!before || before->is_public || seen.is_public) append(repo, line_of(seen));
}

} // namespace cache_server
