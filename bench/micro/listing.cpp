// What a listing costs apart from the network: decoding a page beside the plain Boost.JSON parse of it, and
// handing out an item that is already here beside a loop over a vector.
#include <boost/asio/io_context.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include <hfasync/impl/outcome.hpp>

#include "api/common/pages.hpp"
#include "api/common/repo_results.hpp"
#include "micro/measure.hpp"

using namespace hfasync;
namespace json = boost::json;

namespace {

constexpr std::size_t models = 1'000;

/// The fields of a model in `GET /api/models`, and with `full` and `cardData`.
std::string model(std::size_t i, bool full)
{
    auto out = fmt::format(
        R"({{"_id":"{0:024x}","id":"organisation-{1}/model-name-{0}-instruct","likes":{0},"trendingScore":{1},)"
        R"("private":false,"downloads":{2},"tags":["transformers","pytorch","safetensors","llama",)"
        R"("text-generation","conversational","en","de","fr","arxiv:2307.{1:05}","license:apache-2.0",)"
        R"("base_model:organisation-{1}/model-name-{0}","autotrain_compatible","text-generation-inference",)"
        R"("endpoints_compatible","region:us"],"pipeline_tag":"text-generation","library_name":"transformers",)"
        R"("createdAt":"2024-03-0{3}T12:34:56.000Z","modelId":"organisation-{1}/model-name-{0}-instruct")",
        i, i % 97, i * 1'237, i % 9 + 1);
    if (full) {
        out += fmt::format(
            R"(,"author":"organisation-{0}","sha":"{1:040x}","lastModified":"2024-06-01T00:00:00.000Z",)"
            R"("gated":false,"disabled":false,"siblings":[)",
            i % 97, i);
        for (int file = 0; file < 12; ++file)
            out +=
                fmt::format(R"({}{{"rfilename":"model-{:05}-of-00012.safetensors"}})", file ? "," : "", file);
        out +=
            R"(],"cardData":{"language":["en","de"],"license":"apache-2.0","tags":["chat"],"datasets":["a/b","c/d"]})";
    }
    return out + "}";
}

std::string page(bool full)
{
    std::string out = "[";
    for (std::size_t i = 0; i < models; ++i)
        out += (i ? "," : "") + model(i, full);
    return out + "]";
}

void decode_row(const char* name, bool full, std::size_t rounds)
{
    const auto text = page(full);
    const auto ours = [&] {
        auto parsed = detail::parse_page(text, {.source = "page"});
        const auto count = parsed.items.size();
        bench::keep(detail::read_page<ModelInfo>(std::move(parsed), count, detail::read_model_info));
    };
    const auto plain = [&] { bench::keep(json::parse(text)); };
    const auto monotonic = [&] {
        json::monotonic_resource memory(text.size());
        bench::keep(json::parse(text, &memory));
    };
    const auto a = bench::in_turn(rounds, ours, plain);
    const auto b = bench::in_turn(rounds, ours, monotonic);
    const auto rate = [&](const bench::Spread& s) {
        return static_cast<double>(text.size()) / s.median / 1e6;
    };
    fmt::print("| {} ({:.0f} kB) | {:.0f} | {:.0f} | {:.2f} ({:.2f} .. {:.2f}) | {:.0f} | {:.2f} ({:.2f} .. "
               "{:.2f}) |\n",
               name, static_cast<double>(text.size()) / 1e3, rate(a.ours), rate(a.theirs), a.ratio.median,
               a.ratio.least, a.ratio.most, rate(b.theirs), b.ratio.median, b.ratio.least, b.ratio.most);
}

class Numbers final : public PageSource<int> {
public:
    explicit Numbers(std::size_t count) : left_(count) {}
    boost::asio::awaitable<std::optional<std::vector<int>>> next_page() override
    {
        if (left_ == 0) co_return std::nullopt;
        left_ -= models;
        co_return std::vector<int>(models, 1);
    }

private:
    std::size_t left_;
};

boost::asio::awaitable<void> by_next(std::size_t count)
{
    AsyncGenerator<int> items(std::make_unique<Numbers>(count));
    long sum = 0;
    while (auto item = co_await items.next())
        sum += *item;
    bench::keep(sum);
}

boost::asio::awaitable<void> by_for_each(std::size_t count)
{
    long sum = 0;
    co_await AsyncGenerator<int>(std::make_unique<Numbers>(count)).for_each([&](int item) { sum += item; });
    bench::keep(sum);
}

void item_row(const char* name, boost::asio::awaitable<void> (*walk)(std::size_t), std::size_t rounds)
{
    constexpr std::size_t count = 1'000'000;
    std::vector<double> each;
    for (std::size_t i = 0; i < rounds; ++i)
        each.push_back(bench::seconds([&] {
                           boost::asio::io_context context;
                           hfasync::detail::start_call(context.get_executor(), walk(count),
                                                       [](std::exception_ptr) {});
                           context.run();
                       }) /
                       static_cast<double>(count) * 1e9);
    const auto all = bench::spread(each);
    fmt::print("| {} | {:.1f} ({:.1f} .. {:.1f}) |\n", name, all.median, all.least, all.most);
}

} // namespace

int main(int argc, char** argv)
{
    const std::size_t rounds = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 21;
    fmt::print("| page of 1,000 models | ModelInfo, MB/s | Boost.JSON, MB/s | time ratio | with a monotonic "
               "resource, MB/s "
               "| time ratio |\n|---|---|---|---|---|---|\n");
    decode_row("as listed", false, rounds);
    decode_row("full, with cards", true, rounds);
    fmt::print("\n| an item that is already here | ns |\n|---|---|\n");
    item_row("co_await next()", by_next, rounds);
    item_row("for_each", by_for_each, rounds);
}
