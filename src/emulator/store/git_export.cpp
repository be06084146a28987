// The repo as a bare git repository of loose objects, for the git program to judge.
#include "emulator/store/repo.hpp"

#include <fmt/format.h>

#include "base/os.hpp"

namespace hfasync::emulator::store {

namespace fs = std::filesystem;

namespace {

std::uint32_t adler32(std::string_view data)
{
    std::uint32_t a = 1, b = 0;
    for (const char c : data) {
        a = (a + static_cast<unsigned char>(c)) % 65521;
        b = (b + a) % 65521;
    }
    return b << 16 | a;
}

/// A zlib stream of stored blocks (RFC 1950, RFC 1951 3.2.4): git wants the envelope, nobody needs the
/// compression.
std::string zlib_stored(std::string_view data)
{
    std::string out = "\x78\x01";
    const auto little16 = [&](std::size_t n) {
        out.push_back(static_cast<char>(n & 0xff));
        out.push_back(static_cast<char>(n >> 8 & 0xff));
    };
    std::string_view rest = data;
    do {
        const std::string_view block = rest.substr(0, 0xffff);
        rest.remove_prefix(block.size());
        out.push_back(rest.empty() ? '\1' : '\0');
        little16(block.size());
        little16(~block.size());
        out.append(block);
    } while (!rest.empty());
    const std::uint32_t sum = adler32(data);
    for (int shift = 24; shift >= 0; shift -= 8)
        out.push_back(static_cast<char>(sum >> shift & 0xff));
    return out;
}

/// Adds what is missing. An object is written after all that it refers to, so that one which is there is
/// whole.
class Exporter {
public:
    Exporter(const fs::path& into, ObjectStore& objects, TreeStore& trees)
        : into_(into), objects_(objects), trees_(trees)
    {
        for (const char* folder : {"objects/info", "objects/pack", "refs/heads", "refs/tags"})
            fs::create_directories(into_ / folder);
        write(into_ / "HEAD", "ref: refs/heads/main\n");
        // Clones that leave blobs out are fine; several threads for one small pack are not.
        write(into_ / "config", "[core]\n\trepositoryformatversion = 0\n\tbare = true\n"
                                "[uploadpack]\n\tallowFilter = true\n[pack]\n\tthreads = 1\n");
    }

    Oid object(std::string_view kind, std::string_view content)
    {
        const Oid oid = git_object_id(kind, content);
        if (has(oid)) return oid;
        const fs::path path = path_of(oid);
        fs::create_directory(path.parent_path());
        write(path, zlib_stored(fmt::format("{} {}", kind, content.size()) + '\0' + std::string(content)));
        return oid;
    }

    void commit(const CommitRecord& commit)
    {
        if (has(commit.oid)) return;
        tree(commit.tree);
        object("commit", git_commit_content(commit));
    }

    void write(const fs::path& path, std::string_view content) const
    {
        detail::atomic_write(path, content, into_, false);
    }

private:
    void tree(const Oid& oid)
    {
        if (has(oid)) return;
        const TreePtr tree_here = trees_.load(oid);
        for (const TreeEntry& entry : tree_here->entries) {
            if (entry.is_folder)
                tree(entry.oid);
            else if (!has(entry.oid))
                object("blob", *objects_.read_blob(entry.oid));
        }
        object("tree", git_tree_content(tree_here->entries));
    }

    fs::path path_of(const Oid& oid) const
    {
        const std::string hex = oid.hex();
        return into_ / "objects" / hex.substr(0, 2) / hex.substr(2);
    }
    bool has(const Oid& oid) const { return fs::exists(path_of(oid)); }

    fs::path into_;
    ObjectStore& objects_;
    TreeStore& trees_;
};

} // namespace

void Repo::export_git(const fs::path& into) const
{
    std::vector<const CommitRecord*> commits; // records stay where they are
    std::map<std::string, Ref, std::less<>> refs;
    {
        const std::shared_lock lock(mutex_);
        commits.reserve(commits_.size());
        for (const auto& [oid, commit] : commits_)
            commits.push_back(commit.get());
        refs = refs_;
    }
    Exporter exporter(into, objects_, trees_);
    for (const CommitRecord* commit : commits)
        exporter.commit(*commit);
    std::string packed = "# pack-refs with: sorted \n";
    for (const auto& [name, ref] : refs) {
        Oid target = ref.commit;
        if (name.starts_with("refs/tags/") && !ref.message.empty())
            target =
                exporter.object("tag", git_tag_content(ref.name, require_record(ref.commit), ref.message));
        packed += fmt::format("{} {}\n", target.hex(), name);
    }
    exporter.write(into / "packed-refs", packed);
}

fs::path Repo::git_folder() const
{
    const std::scoped_lock one_export(exporting_);
    const fs::path into = folder_ / "git";
    // Read first: what changes meanwhile is exported once more.
    if (const auto version = this->version(); version != exported_) {
        export_git(into);
        exported_ = version;
    }
    return into;
}

} // namespace hfasync::emulator::store
