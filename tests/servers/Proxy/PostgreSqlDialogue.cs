using System.Buffers.Binary;
using System.Text;

namespace Hydra.Tests.Servers;

/// <summary>
/// Version 3 of PostgreSQL's protocol, as far as where messages begin and end, the statements that a client executes
/// and the tags of those that a server has completed
/// (https://www.postgresql.org/docs/15/protocol-message-formats.html).
/// </summary>
internal sealed class PostgreSqlDialogue : Dialogue
{
    private const int Head = 5; // A letter and a length, which counts itself.

    private readonly Dictionary<string, string> _statements = []; // By the name under which they were prepared.
    private bool _begun; // The first message of a client has no letter.

    public override async Task<byte[]> ReadRequestAsync(Stream client, CancellationToken cancellationToken)
    {
        var message = await ReadAsync(client, _begun ? Head : Head - 1, cancellationToken);
        if (!_begun)
        {
            _begun = true;
            return message;
        }

        Note(message);
        return message;
    }

    public override Task<byte[]> ReadAnswerAsync(Stream server, CancellationToken cancellationToken) =>
        ReadAsync(server, Head, cancellationToken);

    public override string? Executed(byte[] request) => (char)request[0] switch
    {
        'B' => _statements.GetValueOrDefault(Text(request, Head + Text(request, Head).Length + 1)), // Portal, name.
        'Q' => Text(request, Head),
        _ => null,
    };

    public override string? Completed(byte[] answer) => answer[0] == 'C' ? Text(answer, Head) : null;

    /// <summary>The field M among those of a notice, each a letter and a text.</summary>
    public override string? Noticed(byte[] answer)
    {
        for (var at = Head; answer[0] == 'N' && answer[at] != 0;)
        {
            var text = Text(answer, at + 1);
            if (answer[at] == 'M')
            {
                return text;
            }

            at += 1 + Encoding.UTF8.GetByteCount(text) + 1;
        }

        return null;
    }

    /// <summary>Keeps what is prepared: a name and a text.</summary>
    private void Note(byte[] message)
    {
        if (message[0] == 'P')
        {
            var name = Text(message, Head);
            _statements[name] = Text(message, Head + Encoding.UTF8.GetByteCount(name) + 1);
        }
    }

    private static async Task<byte[]> ReadAsync(Stream stream, int headLength, CancellationToken cancellationToken)
    {
        var head = new byte[headLength];
        await stream.ReadExactlyAsync(head, cancellationToken);
        var length = BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(headLength - 4)) - 4;
        var message = new byte[headLength + length];
        head.CopyTo(message, 0);
        await stream.ReadExactlyAsync(message.AsMemory(headLength), cancellationToken);
        return message;
    }

    private static string Text(byte[] message, int from) =>
        Encoding.UTF8.GetString(message, from, Array.IndexOf(message, (byte)0, from) - from);
}
