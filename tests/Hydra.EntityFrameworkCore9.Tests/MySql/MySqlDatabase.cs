using System.Data.Common;
using Microsoft.EntityFrameworkCore;

namespace Hydra.EntityFrameworkCore.Tests;

public sealed class MySqlDatabase : Database
{
    private static readonly Lazy<ServerVersion> Version =
        new(static () => ServerVersion.AutoDetect(MySqlServer.ConnectionString));

    public override string Place { get; } = $"t{Guid.NewGuid():N}"[..16] + "_";

    public override bool KeepsBytes => true;

    protected override string IdType => "char(36) COLLATE ascii_general_ci";

    protected override (string Table, string Column)[] TablesOfStarts =>
    [
        ($"{Place}executions", "id"), ($"{Place}journal", "execution"), ($"{Place}start_keys", "execution"),
    ];

    public override bool HasServer => true;

    public override Task EndAsync(DbConnection connection) =>
        MySqlServer.ExecuteAsync($"KILL {((MySqlConnector.MySqlConnection)connection).ServerThread}");

    public override void Use(HydraBuilder hydra) =>
        hydra.UseMySql(MySqlServer.ConnectionString, options => options with { TablePrefix = Place });

    public override void UseElsewhere(DbContextOptionsBuilder options) => options.UseMySql(
        new MySqlConnector.MySqlConnectionStringBuilder(MySqlServer.ConnectionString) { Database = "mysql" }
            .ConnectionString,
        Version.Value);

    public override async ValueTask DisposeAsync()
    {
        await MySqlTables.DropAsync(Place);
        await MySqlServer.ExecuteAsync($"DROP TABLE IF EXISTS {Orders}");
    }

    protected override string Literal(ExecutionId id) => $"x'{Convert.ToHexString(id.ToByteArray())}'";

    protected override void Use(DbContextOptionsBuilder options) =>
        options.UseMySql(MySqlServer.ConnectionString, Version.Value, provider => provider.EnableRetryOnFailure(3));
}
