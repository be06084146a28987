#include "emulator/site.hpp"

namespace hfasync::emulator {

namespace {

store::StoreOptions store_options(const Options& options)
{
    store::StoreOptions out{.data = options.data,
                            .accounts = options.accounts,
                            .lfs_threshold = options.lfs_threshold,
                            .clock = {}};
    if (options.clock)
        out.clock = [clock = options.clock] {
            return std::chrono::time_point_cast<std::chrono::microseconds>(clock());
        };
    return out;
}

Options checked(Options options)
{
    options.page_size = std::max<std::size_t>(options.page_size, 1);
    options.part_size = std::max<std::uint64_t>(options.part_size, 1);
    return options;
}

} // namespace

Site::Site(Options settings) : options(checked(std::move(settings))), store(store_options(options))
{
    discussions.observe([this](const store::DiscussionNews& news) { notify_discussion(*this, news); });
}

} // namespace hfasync::emulator
