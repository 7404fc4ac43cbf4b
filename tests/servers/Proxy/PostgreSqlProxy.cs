using Npgsql;

namespace Hydra.Tests.Servers;

/// <summary>Before a PostgreSQL server. What is complete is told by its tag, such as COMMIT or UPDATE 3.</summary>
internal sealed class PostgreSqlProxy(string connectionString) : CuttingProxy(
    new NpgsqlConnectionStringBuilder(connectionString).Host!, new NpgsqlConnectionStringBuilder(connectionString).Port)
{
    public override string ConnectionString => new NpgsqlConnectionStringBuilder(connectionString)
    {
        Port = Port,
        SslMode = SslMode.Disable,
        GssEncryptionMode = GssEncryptionMode.Disable,
    }.ConnectionString;

    public override bool Commits(string text) => text == "COMMIT";

    /// <remarks>The settings that come before each statement of the engine's are none of their own.</remarks>
    public override bool Reads(string text) =>
        text.StartsWith("SELECT", StringComparison.Ordinal)
        && !text.Contains("set_config", StringComparison.Ordinal);

    protected override Dialogue Listen() => new PostgreSqlDialogue();
}
