using Hydra.Soak.Servers;

namespace Hydra.Soak;

public sealed class PostgreSqlKillTests(ITestOutputHelper output) : ServerKillTests(output)
{
    private protected override SoakServer CreateServer() => new PostgreSqlSoakServer();
}
