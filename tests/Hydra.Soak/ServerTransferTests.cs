using System.Data.Common;
using Hydra.Soak.Servers;

namespace Hydra.Soak;

/// <summary>The same on a server, which also ends the connections of all programs.</summary>
public abstract class ServerTransferTests : TransferTests
{
    private readonly SoakServer _server;

    private protected ServerTransferTests(SoakServer server, ITestOutputHelper output)
        : base(output)
    {
        _server = Scene.Keep(server);
        Scene.Url = server.Url;
    }

    private protected override string Name => _server.Name;

    private protected override async Task<DbConnection> ConnectAsync()
    {
        var connection = _server.Connect();
        await connection.OpenAsync(Cancellation);
        return connection;
    }

    private protected override bool HasServer => true;

    private protected override Task CutAsync() => _server.TerminateConnectionsAsync();
}
