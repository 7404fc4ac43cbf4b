using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Hydra.Sqlite;
using Microsoft.Data.Sqlite;

namespace Hydra.Stores.Tests;

/// <summary>How a file plans what is asked of it. Tables are never analysed, so it plans alike at any size.</summary>
public sealed partial class SqlitePlanTests(ITestOutputHelper output) : IAsyncLifetime
{
    // For people, no call of a worker makes them: the newest of all, until there are enough, and all that nobody owns.
    // The third looks for one of the crashes that a session is known to have had, behind the first page of them.
    private static readonly string[] Limited = ["CountNewest", "ListDue", "ReadBuriedWorker"];

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hydra-tests-");
    private SqliteConnection? _connection;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private SqliteConnection Connection => _connection!;

    public async ValueTask InitializeAsync()
    {
        var file = Path.Combine(_directory.FullName, "plans.db");
        await using (var store = new SqliteWorkflowStore(
            new SqliteStoreOptions { Path = file }, "tests", TimeProvider.System))
        {
            await store.MigrateAsync(Token);
        }

        _connection = new SqliteConnection($"Data Source={file};Pooling=false");
        await _connection.OpenAsync(Token);
    }

    public async ValueTask DisposeAsync()
    {
        await Connection.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    [Fact]
    public async Task No_statement_walks_over_a_table_that_grows()
    {
        var statements = typeof(SqliteSql).GetFields(BindingFlags.Public | BindingFlags.Static)
            .Where(static field => field.IsLiteral && LargeTable().IsMatch((string)field.GetRawConstantValue()!))
            .ToDictionary(static field => field.Name, static field => (string)field.GetRawConstantValue()!);

        Assert.InRange(statements.Count, 30, 100);
        var walking = new List<string>();
        foreach (var (name, statement) in statements)
        {
            if ((await FindWalksAsync(statement, name)).Count > 0)
            {
                walking.Add(name);
            }
        }

        Assert.Equal(string.Join(", ", Limited), string.Join(", ", walking.Order()));
    }

    [Theory]
    [InlineData("SELECT count(*) FROM hydra_executions AS e WHERE e.workflow = ?1")]
    [InlineData("SELECT e.id FROM hydra_executions AS e WHERE e.namespace = ?1 AND e.crashes = 3")]
    [InlineData("DELETE FROM hydra_attempts WHERE key = ?1")]
    [InlineData("SELECT j.seq FROM json_each(?1) AS r JOIN hydra_journal AS j ON j.seq = r.value")]
    public async Task A_walk_over_a_table_is_known_as_one(string statement) =>
        Assert.NotEmpty(await FindWalksAsync(statement, "example"));

    /// <returns>The lines of the plan that read a large table, or all that a namespace has in one.</returns>
    private async Task<List<string>> FindWalksAsync(string statement, string name)
    {
        var large = LargeTable().Matches(statement)
            .SelectMany(static match => new[] { match.Groups["table"].Value, match.Groups["alias"].Value })
            .Where(static one => one.Length > 0)
            .ToHashSet();
        await using var explain = new SqliteCommand($"EXPLAIN QUERY PLAN {statement}", Connection);
        foreach (var number in Parameter().Matches(statement)
            .Select(static match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)).Distinct())
        {
            explain.Parameters.AddWithValue($"?{number}", "[]");
        }

        var walks = new List<string>();
        await using var reader = await explain.ExecuteReaderAsync(Token);
        while (await reader.ReadAsync(Token))
        {
            var line = reader.GetString(3);
            output.WriteLine($"{name}: {line}");
            if (Walk().Match(line) is { Success: true } walk && large.Contains(walk.Groups["name"].Value))
            {
                walks.Add(line);
            }
        }

        return walks;
    }

    [GeneratedRegex(
        @"(?<table>hydra_(?:executions|journal|attempts|refusals|crashes|schedules))\b(?: AS (?<alias>\w+))?")]
    private static partial Regex LargeTable();

    [GeneratedRegex(@"^(?:SCAN (?<name>\w+)|SEARCH (?<name>\w+) .*\(namespace=\?\)$)")]
    private static partial Regex Walk();

    [GeneratedRegex(@"\?(\d+)")]
    private static partial Regex Parameter();
}
