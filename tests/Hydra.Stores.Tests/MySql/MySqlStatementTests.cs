using System.Reflection;
using System.Text.RegularExpressions;
using Hydra.MySql.Sql;

namespace Hydra.Stores.Tests;

/// <summary>What every statement keeps to, since neither database can be trusted to plan it so by itself.</summary>
public sealed partial class MySqlStatementTests
{
    private static readonly MySqlSql Sql = new("hydra_");

    internal static Dictionary<string, string> Statements { get; } = typeof(MySqlSql)
        .GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static)
        .Where(property => property.PropertyType == typeof(string))
        .ToDictionary(property => property.Name, property => (string)property.GetValue(Sql)!);

    [Fact]
    public void Rows_are_joined_first_and_by_an_index_that_is_forced()
    {
        var joining = Statements.Where(statement => statement.Value.Contains("'$[0]'", StringComparison.Ordinal)
            && JoinedTable().IsMatch(statement.Value));

        Assert.True(joining.Count() > 20);
        Assert.All(joining, statement => Assert.All(
            JoinedTable().Matches(statement.Value),
            join => Assert.True(join.Groups["forced"].Success, $"{statement.Key}: {join.Value}")));
    }

    /// <summary>What commits one execution by itself has no rows to join.</summary>
    [Theory]
    [InlineData(nameof(MySqlSql.LockOneExpected), 1)]
    [InlineData(nameof(MySqlSql.AssertTail), 2)]
    [InlineData(nameof(MySqlSql.SettleOneExpected), 1)]
    [InlineData(nameof(MySqlSql.FinishOneExpected), 1)]
    [InlineData(nameof(MySqlSql.DeleteOneFinished), 1)]
    public void What_is_about_one_execution_finds_it_by_its_key(string name, int looks)
    {
        var statement = Statements[name];

        Assert.Equal(looks, Count(statement, "FORCE INDEX (PRIMARY)"));
        Assert.Equal(looks, Count(statement, ".shard = @shard"));
        Assert.Equal(looks, Count(statement, ".namespace = @namespace"));
        Assert.Equal(looks, Count(statement, "= UNHEX(@id)"));

        static int Count(string text, string part) => text.Split(part).Length - 1;
    }

    /// <summary>MySQL refuses FOR UPDATE beside a table function, which MariaDB allows.</summary>
    [Fact]
    public void What_locks_takes_its_rows_from_a_derived_table()
    {
        var locking = Statements.Where(statement => statement.Value.Contains("FOR UPDATE", StringComparison.Ordinal)
            && statement.Value.Contains("JSON_TABLE", StringComparison.Ordinal));

        Assert.True(locking.Count() > 5);
        Assert.All(locking, statement => Assert.Matches(RowsInDerivedTable(), statement.Value));
    }

    /// <summary>The servers look for that from the end, and lock what they meet first.</summary>
    [Fact]
    public void What_locks_asks_for_the_greatest_of_no_part_of_a_key() => Assert.All(
        Statements.Where(static statement => statement.Value.Contains("FOR UPDATE", StringComparison.Ordinal)),
        static statement => Assert.DoesNotMatch(GreatestOfKey(), statement.Value));

    /// <summary>Others are those of users, in whose sessions statements run as well.</summary>
    [Fact]
    public void Every_variable_that_is_set_bears_the_name_of_the_engine()
    {
        var set = Statements.SelectMany(static statement => SetVariable().Matches(statement.Value))
            .Select(static variable => variable.Groups["name"].Value)
            .ToHashSet();

        Assert.True(set.Count > 3);
        Assert.All(set, static name => Assert.StartsWith("hydra_", name, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("RETURNING")]
    [InlineData("LATERAL")]
    [InlineData("VALUES ROW")]
    [InlineData("nextval")]
    [InlineData("TEMPORARY")]
    public void No_statement_uses_what_only_one_of_the_databases_has(string word) => Assert.All(
        Statements, statement => Assert.DoesNotContain(word, statement.Value, StringComparison.OrdinalIgnoreCase));

    [GeneratedRegex(@"\(SELECT r\.\*\s+FROM JSON_TABLE\(")]
    private static partial Regex RowsInDerivedTable();

    [GeneratedRegex(@"(?:MAX|MIN)\(\w+\.`?(?:shard|namespace|id|execution|seq|key|epoch|attempt|phase)`?\)")]
    private static partial Regex GreatestOfKey();

    [GeneratedRegex(@"(?:\bINTO\s+@(?<name>\w+)|(?<!@)@(?<name>\w+)\s*:?=)")]
    private static partial Regex SetVariable();

    [GeneratedRegex(@"(?:STRAIGHT_JOIN|LEFT JOIN) hydra_\w+ AS \w+(?<forced> FORCE INDEX)?")]
    private static partial Regex JoinedTable();
}
