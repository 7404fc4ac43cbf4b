using System.Data.Common;
using MySqlConnector;

namespace Hydra.Stores.Tests;

public sealed class MySqlEnlistedStartTests : EnlistedStartTests
{
    private readonly string _prefix = $"t{Guid.NewGuid().ToString("N")[..16]}_";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    protected override Type ExpectedType => typeof(MySqlTransaction);

    [Fact]
    public async Task A_connection_without_variables_of_the_session_is_refused()
    {
        await using var engine = await HydraEngine.OpenAsync(Use, Token);
        await using var connection = await ConnectAsync(changed => changed.AllowUserVariables = false);
        await using var transaction = await connection.BeginTransactionAsync(Token);

        var refused = await Assert.ThrowsAsync<ArgumentException>(
            () => engine.Client.In(transaction).Workflow<int, int>("double").StartAsync(1, cancellationToken: Token));

        Assert.Contains("AllowUserVariables=true", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>However the user's own connection is set up.</summary>
    [Fact]
    public async Task Settings_of_the_connection_make_no_difference()
    {
        await using var engine = await HydraEngine.OpenAsync(Use, Token);
        await using var connection = await ConnectAsync(static changed =>
        {
            changed.GuidFormat = MySqlGuidFormat.Binary16;
            changed.TreatTinyAsBoolean = true;
            changed.UseAffectedRows = true;
        });
        await using (var set = connection.CreateCommand())
        {
            set.CommandText = "SET SESSION sql_mode = 'ANSI,NO_BACKSLASH_ESCAPES'";
            await set.ExecuteNonQueryAsync(Token);
        }

        await using var transaction = await connection.BeginTransactionAsync(Token);
        var client = engine.Client.In(transaction);
        var workflow = client.Workflow<string, int>("other");

        var one = await workflow.StartAsync("it's \\ \"one\"", new() { Key = "it's \\ \"one\"" }, Token);
        var same = await workflow.StartAsync("it's \\ \"one\"", new() { Key = "it's \\ \"one\"" }, Token);
        Assert.Equal(CancelOutcome.Cancelled, await client.CancelAsync(one.Id, Token));
        await transaction.CommitAsync(Token);

        Assert.Equal(one.Id, same.Id);
        var ended = await one.DescribeAsync(Token);
        Assert.Equal((ExecutionState.Cancelled, "it's \\ \"one\""), (ended.Row.State, ended.Row.Key));
    }

    protected override void Use(HydraBuilder hydra) =>
        hydra.UseMySql(MySqlServer.ConnectionString, options => options with { TablePrefix = _prefix });

    protected override Task<DbConnection> ConnectAsync() => ConnectAsync(static _ => { });

    protected override Task<DbConnection> ConnectElsewhereAsync() =>
        ConnectAsync(static changed => changed.Database = "mysql");

    protected override Task DropAsync() => MySqlTables.DropAsync(_prefix);

    private static async Task<DbConnection> ConnectAsync(Action<MySqlConnectionStringBuilder> change)
    {
        var builder = new MySqlConnectionStringBuilder(MySqlServer.ConnectionString) { AllowUserVariables = true };
        change(builder);
        var connection = new MySqlConnection(builder.ConnectionString);
        await connection.OpenAsync(Token);
        return connection;
    }
}
