// The repo as a bare git repository of loose objects, for the git program to judge.
#include "emulator/store/repo.hpp"

#include <fstream>
#include <unordered_set>

#include <fmt/format.h>

#include "emulator/store/errors.hpp"

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

class Exporter {
public:
    Exporter(const fs::path& into, ObjectStore& objects, TreeStore& trees)
        : into_(into), objects_(objects), trees_(trees)
    {
        for (const char* folder : {"objects/info", "objects/pack", "refs/heads", "refs/tags"})
            fs::create_directories(into_ / folder);
        write(into_ / "HEAD", "ref: refs/heads/main\n");
        write(into_ / "config", "[core]\n\trepositoryformatversion = 0\n\tbare = true\n");
    }

    Oid object(std::string_view kind, std::string_view content)
    {
        const Oid oid = git_object_id(kind, content);
        const std::string hex = oid.hex();
        const fs::path folder = into_ / "objects" / hex.substr(0, 2);
        fs::create_directory(folder);
        write(folder / hex.substr(2),
              zlib_stored(fmt::format("{} {}", kind, content.size()) + '\0' + std::string(content)));
        return oid;
    }

    void tree(const Oid& oid)
    {
        if (!seen_.insert(oid).second) return;
        const TreePtr tree_here = trees_.load(oid);
        object("tree", git_tree_content(tree_here->entries));
        for (const TreeEntry& entry : tree_here->entries) {
            if (entry.is_folder)
                tree(entry.oid);
            else if (seen_.insert(entry.oid).second)
                object("blob", *objects_.read_blob(entry.oid));
        }
    }

    static void write(const fs::path& path, std::string_view content)
    {
        std::ofstream file(path, std::ios::binary | std::ios::trunc);
        file.write(content.data(), static_cast<std::streamsize>(content.size()));
        if (!file.flush()) throw StoreError(500, "", fmt::format("{} could not be written", path.string()));
    }

private:
    fs::path into_;
    ObjectStore& objects_;
    TreeStore& trees_;
    std::unordered_set<Oid, DigestHash> seen_;
};

} // namespace

void Repo::export_git(const fs::path& into) const
{
    Exporter exporter(into, objects_, trees_);
    const std::shared_lock lock(mutex_);
    for (const auto& [oid, commit] : commits_) {
        exporter.object("commit", git_commit_content(*commit));
        exporter.tree(commit->tree);
    }
    std::string packed = "# pack-refs with: sorted \n";
    for (const auto& [name, ref] : refs_) {
        Oid target = ref.commit;
        if (name.starts_with("refs/tags/") && !ref.message.empty()) {
            const CommitRecord& commit = *commits_.at(ref.commit);
            const auto seconds =
                std::chrono::floor<std::chrono::seconds>(commit.date).time_since_epoch().count();
            target = exporter.object(
                "tag",
                fmt::format("object {}\ntype commit\ntag {}\ntagger {} <{}> {} +0000\n\n{}\n",
                            ref.commit.hex(), ref.name, commit.author, commit.email, seconds, ref.message));
        }
        packed += fmt::format("{} {}\n", target.hex(), name);
    }
    Exporter::write(into / "packed-refs", packed);
}

} // namespace hfasync::emulator::store
