using System.Globalization;
using System.Text;

namespace Hydra.MySql.Connections;

/// <summary>Writes rows as a JSON array of arrays, as statements join them. Ids and texts are hexadecimal.</summary>
internal sealed class JsonRows
{
    private readonly StringBuilder _text = new("[");

    /// <summary>Begins a row with the shard and the id of an execution.</summary>
    public JsonRows Row(ExecutionId id)
    {
        _text.Append(_text.Length == 1 ? "[" : ",[").Append(CultureInfo.InvariantCulture, $"{id.Shard},\"");
        Hexadecimal.Append(_text, id);
        _text.Append('"');
        return this;
    }

    /// <summary>Begins a row with a number.</summary>
    public JsonRows Row(int number)
    {
        _text.Append(_text.Length == 1 ? "[" : ",[").Append(CultureInfo.InvariantCulture, $"{number}");
        return this;
    }

    public JsonRows Add(long? value)
    {
        if (value is { } number)
        {
            _text.Append(CultureInfo.InvariantCulture, $",{number}");
        }
        else
        {
            _text.Append(",null");
        }

        return this;
    }

    public JsonRows Add(bool value)
    {
        _text.Append(value ? ",1" : ",0");
        return this;
    }

    public JsonRows Add(string? value)
    {
        if (value is null)
        {
            _text.Append(",null");
        }
        else
        {
            _text.Append(",\"");
            Hexadecimal.Append(_text, value);
            _text.Append('"');
        }

        return this;
    }

    public JsonRows Add(ExecutionId id)
    {
        _text.Append(",\"");
        Hexadecimal.Append(_text, id);
        _text.Append('"');
        return this;
    }

    public void End() => _text.Append(']');

    public override string ToString() => _text.Append(']').ToString();

    /// <summary>Rows of nothing but shards and ids.</summary>
    public static string Of<T>(IEnumerable<T> rows, Func<T, ExecutionId> id) =>
        Of(rows, id, static (_, _) => { });

    /// <summary>Rows of shards, ids, and what is added to them.</summary>
    public static string Of<T>(IEnumerable<T> rows, Func<T, ExecutionId> id, Action<JsonRows, T> add)
    {
        var json = new JsonRows();
        foreach (var row in rows)
        {
            json.Row(id(row));
            add(json, row);
            json.End();
        }

        return json.ToString();
    }
}
