using Hydra.Soak.Servers;

namespace Hydra.Soak;

public sealed class PostgreSqlScheduleKillTests(ITestOutputHelper output) : ServerScheduleKillTests(output)
{
    private protected override SoakServer CreateServer() => new PostgreSqlSoakServer();
}
