using System.Globalization;
using System.Text;
using MySqlConnector;

namespace Hydra.MySql.Connections;

/// <summary>
/// Writes the rows of a multi-row INSERT as literals: numbers, hexadecimal bytes, expressions of these and of variables
/// of the session, and parameters for large payloads.
/// </summary>
/// <remarks>
/// A parameter for every value would cost this process more than the database needs to insert the row.
/// </remarks>
internal sealed class Literals(MySqlBatchCommand command)
{
    private const int MostInline = 1024; // Bytes; hexadecimal digits are twice as many as a parameter takes.
    private const int MostInlineOfMany = 128;
    private const int Many = 1024 * 1024; // Characters of text: from here on room is dearer than time.

    private readonly StringBuilder _text = new();
    private bool _first;

    /// <summary>How many bytes the parameters take on their way.</summary>
    public long ParameterBytes { get; private set; }

    public int TextLength => _text.Length;

    public Literals Row()
    {
        _text.Append(_text.Length == 0 ? "(" : ", (");
        _first = true;
        return this;
    }

    /// <summary>Adds the shard, the namespace and the id of an execution.</summary>
    public Literals Add(ExecutionId id, string @namespace)
    {
        Add((long)id.Shard).Add(@namespace);
        return Add(id);
    }

    public Literals Add(ExecutionId id)
    {
        Separate().Append("x'");
        Hexadecimal.Append(_text, id);
        _text.Append('\'');
        return this;
    }

    public Literals Add(ExecutionId? id) => id is { } one ? Add(one) : Add((long?)null);

    public Literals Add(long? value)
    {
        if (value is { } number)
        {
            Separate().Append(CultureInfo.InvariantCulture, $"{number}");
        }
        else
        {
            Separate().Append("NULL");
        }

        return this;
    }

    public Literals Add(bool value)
    {
        Separate().Append(value ? '1' : '0');
        return this;
    }

    /// <summary>Adds the variable of the session that holds the time.</summary>
    public Literals AddNow() => AddSql("@hydra_now");

    /// <summary>Adds an expression of numbers and variables of the session.</summary>
    public Literals AddSql(string expression)
    {
        Separate().Append(expression);
        return this;
    }

    public Literals Add(string? value)
    {
        if (value is null)
        {
            return AddSql("NULL");
        }

        Separate().Append("x'");
        Hexadecimal.Append(_text, value);
        _text.Append('\'');
        return this;
    }

    /// <summary>Adds a payload as the database keeps it: its envelope, or nothing where there is no value.</summary>
    public Literals Add(Payload payload)
    {
        if (payload.IsNone)
        {
            Separate().Append("NULL");
        }
        else if (payload.Envelope.Length <= (_text.Length < Many ? MostInline : MostInlineOfMany))
        {
            Separate().Append("x'");
            Hexadecimal.Append(_text, payload.Envelope.Span);
            _text.Append('\'');
        }
        else
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"@payload{command.Parameters.Count}");
            command.Bind(name, payload.Envelope);
            ParameterBytes += Escaped(payload);
            Separate().Append(name);
        }

        return this;
    }

    /// <summary>How many bytes a payload takes as a parameter: quotes, backslashes and NUL are escaped.</summary>
    public static long Escaped(Payload payload)
    {
        var bytes = payload.IsNone ? [] : payload.Envelope.Span;
        var escaped = bytes.Count((byte)'\'') + bytes.Count((byte)'\\') + bytes.Count((byte)0);
        return 16L + bytes.Length + escaped;
    }

    public void End() => _text.Append(')');

    /// <summary>Puts the rows in their place in the statement.</summary>
    public void Complete() =>
        command.CommandText = command.CommandText.Replace("{rows}", _text.ToString(), StringComparison.Ordinal);

    private StringBuilder Separate()
    {
        if (!_first)
        {
            _text.Append(", ");
        }

        _first = false;
        return _text;
    }
}
