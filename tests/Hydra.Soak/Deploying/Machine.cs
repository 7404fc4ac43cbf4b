using System.Net;
using System.Net.Sockets;
using Hydra.Soak.Servers;
using Hydra.Soak.Support;
using Npgsql;

namespace Hydra.Soak.Deploying;

/// <summary>Runs containers of deploy/ as processes of this machine, on a private PostgreSQL server.</summary>
/// <remarks>
/// Commands and variables are taken as they stand. Replaced are the folder of the image, the host of the database, and
/// the port to listen on, since two containers have two of the same number and two processes have not.
/// </remarks>
internal sealed class Machine(Scene scene, PostgreSqlSoakServer server)
{
    private const int Port = 8080;

    private readonly Dictionary<string, string> _folders = new()
    {
        ["/app/worker/"] = Folder(Programs.Worker),
        ["/app/hydra/"] = Folder(Programs.Cli),
    };

    /// <summary>Makes the user and the database that the image of PostgreSQL would make.</summary>
    public async Task CreateDatabaseAsync(Uri database)
    {
        var user = database.UserInfo.Split(':');
        await using var connection = server.Connect();
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        foreach (var statement in new[]
        {
            $"""
            DO $$ BEGIN
                IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{user[0]}') THEN
                    CREATE ROLE {user[0]} LOGIN PASSWORD '{user[1]}';
                END IF;
            END $$
            """,
            $"CREATE DATABASE {database.AbsolutePath[1..]} OWNER {user[0]}",
        })
        {
            await using var command = connection.CreateCommand();
            command.CommandText = statement;
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Starts a container.</summary>
    /// <param name="container">What its file says.</param>
    /// <param name="port">What it listens on instead, if it listens.</param>
    public ProgramProcess Start(Container container, int? port = null)
    {
        var environment = container.Environment.ToDictionary(
            static pair => pair.Key,
            pair => pair.Key switch
            {
                "DATABASE_URL" => Here(pair.Value),
                "ASPNETCORE_URLS" => Moved(pair.Value, port),
                _ => pair.Value,
            });
        var command = container.Command.Select(Placed).ToList();
        return scene.Keep(ProgramProcess.Start(command[0], scene.Root, command[1..], environment));
    }

    /// <summary>Runs the command that asks a container how it is.</summary>
    public async Task<int> ProbeAsync(Container container, int port)
    {
        var command = container.ProbeCommand!.Select(Placed).Select(part => Moved(part, port)).ToList();
        return (await ProgramProcess.RunAsync(command[0], scene.Root, command[1..])).Code;
    }

    /// <summary>The database of a container, as this machine reaches it.</summary>
    public string Here(string database)
    {
        using var connection = server.Connect(); // Past the proxy, which understands no TLS.
        var address = new NpgsqlConnectionStringBuilder(connection.ConnectionString);
        var url = new Uri(database);
        return database.Replace(
            $"@{url.Authority}/", $"@{address.Host}:{address.Port}/", StringComparison.Ordinal);
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string Folder(string program) => Path.GetDirectoryName(program) + "/";

    private static string Moved(string text, int? port) =>
        text.Replace($":{Port}", $":{port}", StringComparison.Ordinal);

    private string Placed(string part) => _folders.Aggregate(
        part, static (part, folder) => part.Replace(folder.Key, folder.Value, StringComparison.Ordinal));
}
