// .gitignore and .gitattributes are read as the git program reads them.
#include <boost/test/unit_test.hpp>

#include <fstream>
#include <set>
#include <sstream>

#include "emulator/git_program.hpp"
#include "emulator/store/upload_mode.hpp"
#include "support/temp_folder.hpp"

using namespace hfasync;
using namespace hfasync::tests;
using namespace hfasync::emulator::store;

namespace {

const std::vector<std::string> paths{
    "a.txt",
    "b.txt",
    "a.log",
    "keep.log",
    "logs/a.txt",
    "logs/deep/b.txt",
    "src/logs/x",
    "build",
    "src/build/x.o",
    "src/main.cpp",
    "src/a.txt",
    "doc/a/b/c.md",
    "doc/c.md",
    "doc/a.pdf",
    "doc/a/b.pdf",
    "x/y/z",
    "x/z",
    "x/q/r/z",
    "#hash",
    "!bang",
    "trail ",
    "sp ace.txt",
    "[b]racket",
    "foo/bar",
    "foo/baz/bar",
    "foobar",
    "data1.bin",
    "data2.bin",
    "dataz.bin",
    "data-.bin",
    "tmp/a",
    "tmp/keep/b",
    "a/foo/b",
    "foo.tar.gz",
    "x.lfs.y",
    "saved_model/a/b",
    "saved_model/v",
    "runs/tfevents.1",
    "deep/er/model.safetensors",
    "UPPER.BIN",
    "a**b",
    "axxb",
    "model.bin",
};

struct RulesFixture {
    TempFolder folder;
    RulesFixture() { git(folder.path(), "init -q ."); }
    void write(const std::string& name, const std::string& text)
    {
        std::ofstream(folder.path() / name) << text;
    }
    std::string feed(const std::string& arguments)
    {
        std::string all;
        for (const std::string& path : paths)
            all += path + '\n';
        write("paths", all);
        int ignored = 0;
        return git(folder.path(), arguments + " < paths", "", &ignored);
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(emulator_git_rules, RulesFixture)

BOOST_AUTO_TEST_CASE(ignored_files_are_those_git_ignores)
{
    const std::vector<std::string> rule_files{
        "*.log\n!keep.log\nlogs/\n",
        "/a.txt\nbuild\n# comment\n\\#hash\n\\!bang\n",
        "build/\n",
        "doc/*.pdf\ndoc/**/c.md\n",
        "x/**/z\n",
        "**/foo/**\n",
        "foo/**\n!foo/bar\n",
        "foo/*\n!foo/baz/\n",
        "data[0-9].bin\n",
        "data[!0-9].bin\n",
        "data[a-]*.bin\n",
        "tmp/\n!tmp/keep/b\n",
        "trail\\ \nsp ace.txt   \n",
        "\\[b]racket\n[[]b]racket\n",
        "*\n!*.txt\n!*/\n",
        "a**b\n?oo*\n",
        "/*\n!/src\n/src/*\n!/src/main.cpp\n",
        "**\n!**/a.txt\n",
        "\n\n   \n/\n",
        "**/bar\nx/*/z\n",
    };
    for (const std::string& text : rule_files) {
        write(".gitignore", text);
        std::set<std::string> theirs;
        std::istringstream lines(feed("-c core.quotePath=false check-ignore --no-index --stdin"));
        for (std::string line; std::getline(lines, line);)
            theirs.insert(line);
        const IgnoreRules rules(text);
        for (const std::string& path : paths)
            BOOST_TEST(rules.ignores(path) == theirs.contains(path), path << " with\n" << text);
    }
}

BOOST_AUTO_TEST_CASE(lfs_files_are_those_with_the_attribute)
{
    const std::vector<std::string> rule_files{
        default_gitattributes(false),
        default_gitattributes(true),
        "*.bin filter=lfs diff=lfs merge=lfs -text\ndata1.bin !filter !diff\nmodel.bin -filter\n",
        "doc/** filter=lfs\n/a.txt filter=lfs\n*.txt text\nsrc/ filter=lfs\n",
        "# all\n* filter=lfs\n*.txt filter=other\n*.log -text\n",
        "\"sp ace.txt\" filter=lfs\n  foo/* filter=lfs\n!a.txt filter=lfs\n",
        "x/**/z\tfilter=lfs\n**/bar  filter=lfs   -text",
        "data[0-9].bin filter=lfs\n*.BIN filter=lfs\n",
    };
    for (const std::string& text : rule_files) {
        write(".gitattributes", text);
        std::set<std::string> theirs;
        std::istringstream lines(feed("-c core.quotePath=false check-attr --stdin filter"));
        const std::string ending = ": filter: lfs";
        for (std::string line; std::getline(lines, line);)
            if (line.ends_with(ending)) theirs.insert(line.substr(0, line.size() - ending.size()));
        BOOST_TEST(!theirs.empty(), text);
        const LfsRules rules(text);
        for (const std::string& path : paths)
            BOOST_TEST(rules.is_lfs(path) == theirs.contains(path), path << " with\n" << text);
    }
}

BOOST_AUTO_TEST_SUITE_END()
