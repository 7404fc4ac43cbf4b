using MySqlConnector;

namespace Hydra.Soak;

public class DatabaseUrlTests
{
    [Theory]
    [InlineData("sqlite:relative.db", "relative.db")]
    [InlineData("sqlite:folder/relative.db", "folder/relative.db")]
    [InlineData("sqlite:///absolute/path.db", "/absolute/path.db")]
    [InlineData("sqlite:/absolute/path.db", "/absolute/path.db")]
    [InlineData("SQLite:with%20space.db", "with space.db")]
    [InlineData("Data Source=plain.db", "plain.db")]
    [InlineData("data source=plain.db;", "plain.db")]
    [InlineData("Filename=plain.db", "plain.db")]
    public void A_file_is_named_by_a_URL_or_a_connection_string(string url, string path) =>
        Assert.Equal(path, DatabaseUrl.SqlitePath(url));

    [Theory]
    [InlineData("sqlite://relative.db", "three slashes")]
    [InlineData("sqlite:", "names no file")]
    [InlineData("sqlite::memory:", "names no file")]
    [InlineData("sqlite:a.db?mode=ro", "has options")]
    [InlineData("memory:", "cannot be reached from another")]
    [InlineData("Server=h;Database=d", "of no kind that this version knows")]
    [InlineData("Data Source=a.db;Cache=Shared", "leave out cache")]
    [InlineData("hydra.db", "'hydra.db' names no database")]
    [InlineData("oracle://user:secret@host/db", "The database URL names no database")]
    [InlineData("sqlite://user:secret@host/db", "The database URL names a host")]
    public void What_cannot_be_reached_is_told(string url, string reason)
    {
        var error = Assert.Throws<FormatException>(() => DatabaseUrl.SqlitePath(url));

        Assert.Contains(reason, error.Message, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("postgres://127.0.0.1:1/orders")]
    [InlineData("mysql://127.0.0.1:1/orders")]
    public async Task A_worker_with_a_short_lease_waits_for_locks_no_longer_than_it_may(string url)
    {
        var lease = TimeSpan.FromSeconds(2);

        var opening = HydraEngine.OpenAsync(
            hydra =>
            {
                hydra.UseDatabase(url, lease);
                hydra.ClientPatience = TimeSpan.Zero;
                hydra.AddWorkflow("test", (WorkflowContext _, int _) => Task.FromResult(1));
                hydra.AddWorker(worker => worker with { ClaimTimeout = lease, HeartbeatInterval = lease / 4 });
            },
            TestContext.Current.CancellationToken);

        await Assert.ThrowsAsync<StoreException>(() => opening); // No server is there; the options are not refused.
    }

    [Theory]
    [InlineData("postgres://user:pw@host/db", true)]
    [InlineData("postgres://user:p@w@host/db", true)]
    [InlineData("mysql://host/db?password=pw", true)]
    [InlineData("Host=h; Password = pw", true)]
    [InlineData("Server=h;Pwd=pw", true)]
    [InlineData("postgres://user@host/db", false)]
    [InlineData("postgres://host:5432/db", false)]
    [InlineData("postgres://host/db?sslmode=require", false)]
    [InlineData("Host=h;Password=", false)]
    [InlineData("sqlite:///tmp/a:b@c.db", false)]
    public void Passwords_are_noticed(string url, bool has) => Assert.Equal(has, DatabaseUrl.HasPassword(url));

    [Theory]
    [InlineData("postgres://host/orders", "Host=host;Database=orders")]
    [InlineData("postgresql://ann:p%40w@host:5433/o", "Host=host;Port=5433;Database=o;Username=ann;Password=p@w")]
    [InlineData("postgres://host/orders?sslmode=verify-full", "Host=host;Database=orders;SSL Mode=VerifyFull")]
    [InlineData("postgres://host/orders?connect_timeout=3", "Host=host;Database=orders;Timeout=3")]
    [InlineData("Host=host;Database=orders", "Host=host;Database=orders")]
    public void A_server_is_named_by_a_URL_or_a_connection_string(string url, string connectionString) =>
        Assert.Equal(connectionString, PostgreSqlUrl.TryRead(url)?.ConnectionString);

    [Fact]
    public void A_URL_carries_the_options_of_the_store()
    {
        var url = PostgreSqlUrl.TryRead(
            "postgres://host/orders?schema=flows&prepare=false&listen=false&skip_locked=false");

        Assert.Equal("Host=host;Database=orders", url?.ConnectionString);
        Assert.Equal("flows", url?.Options.Schema);
        Assert.Equal(
            (false, false, false),
            (url?.Options.PrepareStatements, url?.Options.Listen, url?.Options.SkipLockedRows));
    }

    [Theory]
    [InlineData("postgres://ann:secret@host:x/orders")]
    [InlineData("postgres://ann:secret@host/orders?listen=secret")]
    [InlineData("Host=host;Secret=secret")]
    public void A_server_that_cannot_be_named_is_told_without_its_password(string url)
    {
        var error = Assert.Throws<FormatException>(() => PostgreSqlUrl.TryRead(url));

        Assert.Contains("PostgreSQL URL", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sqlite:host.db")]
    [InlineData("Data Source=host.db")]
    [InlineData("mysql://host/orders")]
    public void Other_databases_are_not_taken_for_PostgreSQL(string url) => Assert.Null(PostgreSqlUrl.TryRead(url));

    [Theory]
    [InlineData("mysql://host/orders", "Server=host;Database=orders")]
    [InlineData("mariadb://ann:p%40w@host:3307/o", "Server=host;Port=3307;User ID=ann;Password=p@w;Database=o")]
    [InlineData("mysql://host/orders?sslmode=Required", "Server=host;Database=orders;SSL Mode=Required")]
    [InlineData("mysql://host/orders?connect_timeout=3", "Server=host;Database=orders;Connection Timeout=3")]
    [InlineData("Server=host;Database=orders", "Server=host;Database=orders")]
    [InlineData("Uid=ann;Host=host;Database=orders", "Server=host;User ID=ann;Database=orders")]
    public void A_MySQL_server_is_named_by_a_URL_or_a_connection_string(string url, string connectionString)
    {
        var expected = new MySqlConnectionStringBuilder(connectionString);

        Assert.Equal(expected.ConnectionString, MySqlUrl.TryRead(url)?.ConnectionString);
    }

    [Fact]
    public void A_MySQL_URL_carries_the_options_of_the_store()
    {
        var url = MySqlUrl.TryRead("mysql://host/orders?prefix=flows_&join=false");

        Assert.Equal("Server=host;Database=orders", url?.ConnectionString);
        Assert.Equal(("flows_", false), (url?.Options.TablePrefix, url?.Options.JoinStatements));
    }

    [Theory]
    [InlineData("mysql://ann:secret@host:x/orders")]
    [InlineData("mysql://ann:secret@host/orders?keepalive=secret")]
    [InlineData("mysql://ann:secret@host/orders?join=secret")]
    [InlineData("Server=host;Secret=secret")]
    public void A_MySQL_server_that_cannot_be_named_is_told_without_its_password(string url)
    {
        var error = Assert.Throws<FormatException>(() => MySqlUrl.TryRead(url));

        Assert.Contains("MySQL URL", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sqlite:host.db")]
    [InlineData("Data Source=host.db")]
    [InlineData("postgres://host/orders")]
    [InlineData("Host=host;Database=orders")]
    public void Other_databases_are_not_taken_for_MySQL(string url) => Assert.Null(MySqlUrl.TryRead(url));
}
