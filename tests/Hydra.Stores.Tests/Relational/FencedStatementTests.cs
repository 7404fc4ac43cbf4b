using System.Reflection;
using System.Text.RegularExpressions;
using Hydra.MySql.Sql;
using Hydra.PostgreSql.Sql;
using Hydra.Sqlite;

namespace Hydra.Stores.Tests;

/// <summary>What the stores' statements say of whose the execution is that they write.</summary>
public sealed partial class FencedStatementTests
{
    // What has no owner to prove, and why.
    private static readonly Dictionary<string, string> Ownerless = new()
    {
        ["Take"] = "nobody owns what is claimed",
        ["TakeWaiting"] = "nobody owns what is claimed",
        ["Unblock"] = "nobody owns what is blocked",
        ["UnblockWaiting"] = "nobody owns what is blocked",
        ["HandBack"] = "all that a session owns, whatever the epochs",
        ["SetPrefixEnds"] = "this transaction has inserted them",
        ["DeleteExecution"] = "it has ended",
        ["DeleteExecutions"] = "they have ended",
    };

    [Fact]
    public void Whatever_writes_an_execution_proves_its_namespace_its_epoch_and_its_owner()
    {
        var writing = Statements().Where(statement => WritesExecutions().IsMatch(statement.Text)).ToList();

        Assert.Equal(
            ["MySqlSql", "PostgreSqlSql", "SqliteSql"],
            writing.Where(IsFenced).Select(statement => statement.Store).Distinct().Order());
        Assert.Empty(Ownerless.Keys.Except(writing.Select(statement => statement.Name)));
        Assert.All(writing, statement => Assert.True(
            IsFenced(statement) || Ownerless.ContainsKey(statement.Name), $"{statement.Store}.{statement.Name}"));
        Assert.All(writing.Where(statement => statement.Name != "DeleteExecution"), statement => Assert.Matches(
            @"(WHERE|AND) ((e|k|x)\.)?namespace = ", statement.Text));
    }

    private static bool IsFenced((string Store, string Name, string Text) statement) =>
        Fence().IsMatch(statement.Text);

    private static IEnumerable<(string Store, string Name, string Text)> Statements() =>
    [
        .. Properties(new MySqlSql("hydra_")),
        .. Properties(new PostgreSqlSql("hydra")),
        .. typeof(SqliteSql).GetFields(BindingFlags.Public | BindingFlags.Static)
            .Where(field => field is { IsLiteral: true } && field.FieldType == typeof(string))
            .Select(field => (nameof(SqliteSql), field.Name, (string)field.GetRawConstantValue()!)),
    ];

    private static IEnumerable<(string Store, string Name, string Text)> Properties(object sql) => sql.GetType()
        .GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static)
        .Where(property => property.PropertyType == typeof(string))
        .Select(property => (sql.GetType().Name, property.Name, (string)property.GetValue(sql)!));

    /// <summary>
    /// Rows of executions that are there, or that move to the table of what has ended, and results that land.
    /// </summary>
    [GeneratedRegex(
        @"UPDATE \S*executions\b|UPDATE JSON_TABLE[\s\S]+?JOIN \S*executions\b|DELETE FROM \S*executions\b"
        + @"|DELETE e\b|INSERT INTO \S*outcomes\b|INSERT INTO \S*attempts\b[\s\S]+?FROM \S*executions\b")]
    private static partial Regex WritesExecutions();

    [GeneratedRegex(@"AND ((e|x)\.)?epoch = \S+\s+AND ((e|x)\.)?owner = \S+")]
    private static partial Regex Fence();
}
