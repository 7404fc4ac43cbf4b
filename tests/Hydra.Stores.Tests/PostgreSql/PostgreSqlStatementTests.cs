using System.Reflection;
using System.Text.RegularExpressions;
using Hydra.PostgreSql.Sql;

namespace Hydra.Stores.Tests;

/// <summary>What no statement may use: poolers and other databases that speak the protocol lack it.</summary>
public sealed partial class PostgreSqlStatementTests
{
    private static readonly PostgreSqlSql Sql = new("\"hydra\"");

    private static Dictionary<string, string> Statements { get; } = typeof(PostgreSqlSql)
        .GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static)
        .Where(property => property.PropertyType == typeof(string))
        .ToDictionary(property => property.Name, property => (string)property.GetValue(Sql)!);

    [Fact]
    public void No_statement_changes_more_than_one_table()
    {
        Assert.True(Statements.Count > 30);
        Assert.All(Statements, statement => Assert.True(
            ChangedTable().Matches(statement.Value).Select(match => match.Groups[1].Value).Distinct().Count() <= 1,
            statement.Key));
    }

    [Theory]
    [InlineData("pg_advisory")]
    [InlineData("pg_try_advisory")]
    [InlineData("nextval")]
    [InlineData("TEMPORARY")]
    [InlineData("LISTEN")]
    [InlineData("DECLARE")]
    [InlineData("LOCK TABLE")]
    public void No_statement_needs_a_session_or_a_sequence(string word) => Assert.All(
        Statements, statement => Assert.DoesNotContain(word, statement.Value, StringComparison.OrdinalIgnoreCase));

    [Fact]
    public void What_skips_locked_rows_has_a_counterpart_that_waits_for_them()
    {
        var skipping = Statements.Where(statement => statement.Value.Contains("SKIP LOCKED", StringComparison.Ordinal)
            && statement.Key != "LockFreeOrphans"); // The counterpart itself: of LockOrphans, which waits.

        Assert.Equal(
            ["LockEnded", "LockPastDeadline", "Take", "Unblock"], skipping.Select(statement => statement.Key).Order());
        Assert.All(skipping.Where(static statement => statement.Key != "LockEnded"), statement => Assert.Matches(
            @"ORDER BY e\.shard, e\.namespace, e\.id\s+FOR NO KEY UPDATE OF e", Statements[$"{statement.Key}Waiting"]));
        Assert.Matches(@"ORDER BY u\.shard, u\.id\)[\s\S]+FOR UPDATE OF x\)", Statements["LockEndedWaiting"]);
    }

    /// <remarks>Either a statement sorts what it locks, or it locks one by one what it has sorted before.</remarks>
    [Fact]
    public void What_waits_for_locks_takes_them_in_the_one_order() => Assert.All(
        Statements.Values.Where(statement => !statement.Contains("SKIP LOCKED", StringComparison.Ordinal)
            && statement.Contains("FOR NO KEY UPDATE", StringComparison.Ordinal)),
        statement => Assert.Matches(LocksInOrder(), statement));

    [GeneratedRegex(
        @"ORDER BY (e\.)?shard, (e\.)?namespace, (e\.)?id\s+FOR NO KEY UPDATE"
        + @"|ORDER BY (u\.)?shard, (u\.)?id\) AS (?<s>\w)\s+CROSS JOIN LATERAL \(\s+SELECT [\s\S]+?"
        + @"WHERE x\.shard = \k<s>\.shard AND x\.namespace = \$1 AND x\.id = \k<s>\.id[^()]*?"
        + @"OFFSET 0\s+FOR NO KEY UPDATE OF x\)")]
    private static partial Regex LocksInOrder();

    [GeneratedRegex(@"(?:INSERT INTO|DELETE FROM|(?<!NO KEY )(?<!DO )UPDATE) (""hydra""\.\w+)")]
    private static partial Regex ChangedTable();
}
