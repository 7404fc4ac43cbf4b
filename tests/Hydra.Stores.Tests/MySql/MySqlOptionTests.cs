using Hydra.MySql;
using Hydra.MySql.Connections;
using Hydra.MySql.Waking;
using Hydra.Storage;

namespace Hydra.Stores.Tests;

/// <summary>What the store accepts of options, connection strings and servers.</summary>
public sealed class MySqlOptionTests
{
    [Theory]
    [InlineData("")]
    [InlineData("Hydra_")]
    [InlineData("1a")]
    [InlineData("a-b")]
    [InlineData("a`; DROP DATABASE hydra; --")]
    [InlineData("a\n")]
    [InlineData("a23456789012345678901234567890123")]
    public void A_prefix_needs_no_quotes(string prefix)
    {
        var options = new MySqlStoreOptions { TablePrefix = prefix };

        var error = Assert.Throws<ArgumentException>(
            () => new MySqlWorkflowStore("Server=host;Database=orders", options, "tests"));

        Assert.Contains("TablePrefix", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(9, 10_000, 150, "LockTimeout")]
    [InlineData(11_000, 10_000, 150, "LockTimeout")]
    [InlineData(100, 999, 150, "CommandTimeout")]
    [InlineData(100, 10_000, 9, "ProbeInterval")]
    [InlineData(100, 10_000, 60_001, "ProbeInterval")]
    public void Times_have_bounds(int lockMillis, int commandMillis, int probeMillis, string named)
    {
        var options = new MySqlStoreOptions
        {
            LockTimeout = TimeSpan.FromMilliseconds(lockMillis),
            CommandTimeout = TimeSpan.FromMilliseconds(commandMillis),
            ProbeInterval = TimeSpan.FromMilliseconds(probeMillis),
        };

        var error = Assert.Throws<ArgumentException>(
            () => new MySqlWorkflowStore("Server=host;Database=orders", options, "tests"));

        Assert.StartsWith(named, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(150, 0, 150)]
    [InlineData(150, 21, 210)]
    [InlineData(150, 3_000, 5_000)]
    [InlineData(60_000, 3_000, 60_000)]
    public void Looks_for_changes_take_a_tenth_of_the_time_at_most(int interval, int took, int pause) =>
        Assert.Equal(
            TimeSpan.FromMilliseconds(pause),
            DueProbe.Pause(TimeSpan.FromMilliseconds(interval), chance: 0.5, TimeSpan.FromMilliseconds(took)));

    [Fact]
    public void A_connection_string_names_a_database()
    {
        var error = Assert.Throws<ArgumentException>(
            () => new MySqlWorkflowStore("Server=host", new MySqlStoreOptions(), "tests"));

        Assert.Contains("must name the database", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("8.0.11", false, "8.0.11")]
    [InlineData("8.4.3-commercial", false, "8.4.3")]
    [InlineData("9.1", false, "9.1.0")]
    [InlineData("10.6.0-MariaDB", true, "10.6.0")]
    [InlineData("5.5.5-10.11.19-MariaDB-0+deb12u1", true, "10.11.19")]
    [InlineData("11.8.2-MariaDB-log", true, "11.8.2")]
    public void A_server_is_known_by_what_it_says_of_itself(string said, bool isMariaDb, string version) =>
        Assert.Equal(new ServerKind(isMariaDb, Version.Parse(version)), ServerKind.Read(said));

    [Theory]
    [InlineData("8.0.11-TiDB-v8.5.1", "TiDB")]
    [InlineData("8.0.30-Vitess", "Vitess")]
    [InlineData("5.7.25-OceanBase_CE-v4.2.1.0", "OceanBase")]
    public void A_server_that_only_looks_like_MySQL_is_told_at_once(string said, string name)
    {
        var error = Assert.Throws<StoreException>(() => ServerKind.Read(said));

        Assert.Equal(StoreErrorKind.Unavailable, error.Kind);
        Assert.Contains($"The server is {name}", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("log_bin=ON,binlog_format=STATEMENT", "binlog_format")]
    [InlineData("wsrep_on=ON,wsrep_provider=/usr/lib/galera/libgalera_smm.so", "a node of a Galera cluster")]
    [InlineData(
        "group_replication_group_name=a-b,group_replication_single_primary_mode=OFF", "has several primaries")]
    [InlineData(
        "group_replication_group_name=a-b,group_replication_single_primary_mode=ON,"
        + "group_replication_consistency=EVENTUAL",
        "BEFORE_ON_PRIMARY_FAILOVER on every member")]
    public void A_server_that_cannot_serve_is_told_when_the_store_opens(string set, string said)
    {
        var variables = set.Split(',').Select(static one => one.Split('=')).ToDictionary(
            static one => one[0], static one => one[1]);

        var error = Assert.Throws<StoreException>(() => ServerVariables.Check(variables));

        Assert.Equal(StoreErrorKind.Unavailable, error.Kind);
        Assert.Contains(said, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_server_without_a_binary_log_or_that_logs_rows_will_do()
    {
        ServerVariables.Check(new() { ["log_bin"] = "OFF", ["binlog_format"] = "STATEMENT" });
        ServerVariables.Check(new() { ["log_bin"] = "ON", ["binlog_format"] = "MIXED" });
    }

    [Theory]
    [InlineData("wsrep_on=OFF,wsrep_provider=/usr/lib/galera/libgalera_smm.so")]
    [InlineData("wsrep_on=ON,wsrep_provider=none")]
    [InlineData("wsrep_on=ON,wsrep_provider=")]
    [InlineData("group_replication_group_name=,group_replication_single_primary_mode=OFF")]
    [InlineData(
        "group_replication_group_name=a-b,group_replication_single_primary_mode=ON,"
        + "group_replication_consistency=BEFORE_ON_PRIMARY_FAILOVER")]
    public void A_server_that_is_in_no_cluster_or_the_one_primary_of_a_group_will_do(string set) =>
        ServerVariables.Check(set.Split(',').Select(static one => one.Split('=')).ToDictionary(
            static one => one[0], static one => one[1]));

    [Theory]
    [InlineData("ON", true)]
    [InlineData("NO_LOCK", true)]
    [InlineData(1L, true)]
    [InlineData("OFF", false)]
    [InlineData(0L, false)]
    public void A_server_has_several_ways_to_take_no_writes(object said, bool isOn) =>
        Assert.Equal(isOn, SessionSettings.IsOn(said));

    [Theory]
    [InlineData("5.7.44")]
    [InlineData("8.0.4-rc-log")]
    [InlineData("10.5.29-MariaDB")]
    [InlineData("5.5.5-10.3.1-MariaDB")]
    [InlineData("something")]
    public void A_server_that_is_too_old_is_told_at_once(string said)
    {
        var error = Assert.Throws<StoreException>(() => ServerKind.Read(said));

        Assert.Equal(StoreErrorKind.Unavailable, error.Kind);
        Assert.Contains($"The server is of version {said}.", error.Message, StringComparison.Ordinal);
    }
}
