// The store alone.
#pragma once

#include "fixture.hpp"

namespace cache_server::test {

constexpr std::uint64_t block = 4096; ///< what the smallest file takes

struct StoreFixture {
    hfasync::tests::TempFolder dir;
    boost::asio::thread_pool disk{2};
    Metrics metrics;
    Options options;
    std::unique_ptr<Store> store;
    StoreFixture()
    {
        options.folder = dir.path() / "cache";
        options.max_bytes = 100 * block;
        store = std::make_unique<Store>(options, disk, metrics);
    }
    template <class T>
    T run(boost::asio::awaitable<T> call)
    {
        boost::asio::io_context context;
        auto done = boost::asio::co_spawn(context, std::move(call), boost::asio::use_future);
        context.run();
        return done.get();
    }
    void put(const std::string& key, std::string content) { run(store->put(key, std::move(content))); }
    bool on_disk(const std::string& key) const { return std::filesystem::exists(options.folder / key); }
};

} // namespace cache_server::test
