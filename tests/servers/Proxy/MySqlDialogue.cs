using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Text;

namespace Hydra.Tests.Servers;

/// <summary>
/// MySQL's protocol, as far as where packets begin and end, the texts that a client executes and which packet ends the
/// answer to one (https://mariadb.com/kb/en/clientserver-protocol/).
/// </summary>
internal sealed class MySqlDialogue : Dialogue
{
    private const int Head = 4; // A length of three bytes, and a number that is 0 when a client asks for something.
    private const byte Quit = 1;
    private const byte Query = 3;
    private const int QueryAttributes = 1 << 27; // MySQL's: how many, here none, and how many sets precede a text.

    private readonly ConcurrentQueue<string> _asked = []; // What has not been answered; "" when it is no query.
    private bool _greeted; // The first packet of a client tells what it is capable of.
    private volatile MySqlAnswer? _answer;
    private int _textAt = Head + 1;

    public override async Task<byte[]> ReadRequestAsync(Stream client, CancellationToken cancellationToken)
    {
        var packet = await ReadAsync(client, cancellationToken);
        if (!_greeted)
        {
            _greeted = true;
            _answer = new MySqlAnswer(packet.AsSpan(Head));
            var capabilities = BinaryPrimitives.ReadInt32LittleEndian(packet.AsSpan(Head));
            _textAt += (capabilities & QueryAttributes) != 0 ? 2 : 0;
        }
        else if (IsAsked(packet) && packet[Head] != Quit)
        {
            _asked.Enqueue(Executed(packet) ?? "");
        }

        return packet;
    }

    public override Task<byte[]> ReadAnswerAsync(Stream server, CancellationToken cancellationToken) =>
        ReadAsync(server, cancellationToken);

    public override string? Executed(byte[] request) => IsAsked(request) && request[Head] == Query
        ? Encoding.UTF8.GetString(request, _textAt, request.Length - _textAt)
        : null;

    public override string? Completed(byte[] answer)
    {
        if (!_asked.TryPeek(out var text) || !_answer!.EndsWith(answer.AsSpan(Head)))
        {
            return null;
        }

        _asked.TryDequeue(out _);
        return text.Length > 0 && _answer.Succeeded ? text : null;
    }

    private static bool IsAsked(byte[] packet) => packet[Head - 1] == 0 && packet.Length > Head;

    private static async Task<byte[]> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        var head = new byte[Head];
        await stream.ReadExactlyAsync(head, cancellationToken);
        var length = BinaryPrimitives.ReadInt32LittleEndian(head) & 0xFF_FFFF;
        var packet = new byte[Head + length];
        head.CopyTo(packet, 0);
        await stream.ReadExactlyAsync(packet.AsMemory(Head), cancellationToken);
        return packet;
    }
}
