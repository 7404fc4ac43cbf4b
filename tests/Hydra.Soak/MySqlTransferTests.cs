using Hydra.Soak.Servers;
using Hydra.Soak.Support;

namespace Hydra.Soak;

[Collection(nameof(Alone))]
public sealed class MySqlTransferTests(ITestOutputHelper output)
    : ServerTransferTests(new MySqlSoakServer(), output);
