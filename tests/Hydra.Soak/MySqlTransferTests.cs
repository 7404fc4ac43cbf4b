using Hydra.Soak.Servers;
using Hydra.Soak.Transfers;

namespace Hydra.Soak;

[Collection(nameof(OneBank))]
public sealed class MySqlTransferTests(ITestOutputHelper output)
    : ServerTransferTests(new MySqlSoakServer(), output);
