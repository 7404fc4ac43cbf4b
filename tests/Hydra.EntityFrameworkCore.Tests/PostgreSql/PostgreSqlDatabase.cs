using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Hydra.EntityFrameworkCore.Tests;

public sealed class PostgreSqlDatabase : Database
{
    public override string Place { get; } = $"t_{Guid.NewGuid():N}";

    protected override string IdType => "uuid";

    protected override (string Table, string Column)[] TablesOfStarts =>
        [($"{Place}.executions", "id"), ($"{Place}.journal", "execution")];

    public override bool HasServer => true;

    public override DbException Conflict =>
        new PostgresException("A pivot was found at the commit, as planted.", "ERROR", "ERROR", "40001");

    public override Task EndAsync(DbConnection connection) => PostgreSqlServer.ExecuteAsync(
        $"SELECT pg_terminate_backend({((NpgsqlConnection)connection).ProcessID}, 60000)");

    public override void Use(HydraBuilder hydra) =>
        hydra.UsePostgreSql(PostgreSqlServer.ConnectionString, options => options with { Schema = Place });

    public override void UseElsewhere(DbContextOptionsBuilder options) =>
        options.UseNpgsql(new NpgsqlConnectionStringBuilder(PostgreSqlServer.ConnectionString)
        {
            Database = "template1",
            Pooling = false,
        }.ConnectionString);

    public override async ValueTask DisposeAsync() => await PostgreSqlServer.ExecuteAsync(
        $"DROP SCHEMA IF EXISTS {Place} CASCADE; DROP TABLE IF EXISTS {Orders}");

    protected override string Literal(ExecutionId id) => $"'{id}'";

    protected override void Use(DbContextOptionsBuilder options) =>
        options.UseNpgsql(PostgreSqlServer.ConnectionString, provider => provider.EnableRetryOnFailure(3));
}
