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
    [InlineData("postgresql://host/db", "PostgreSQL is not in this version")]
    [InlineData("mariadb://host/db", "MySQL is not in this version")]
    [InlineData("Host=h;Database=d", "of no kind that this version knows")]
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
}
