package standin

import "slices"

// Slack's charts: https://docs.slack.dev/reference/block-kit/blocks/data-visualization-block
const (
	chartLabel    = 20
	chartPoints   = 20
	chartSeries   = 6
	chartSegments = 6
)

// chart is what stands in a data_visualization block.
func chart(c *checker, at string, v any) {
	if typeOf(v) == "pie" {
		segment := object(map[string]field{"label": need(str(1, chartLabel)), "value": need(number)})
		object(map[string]field{"type": need(oneOf("pie")), "segments": need(list(1, chartSegments, segment))})(c, at, v)
		return
	}
	point := object(map[string]field{"label": need(str(1, chartLabel)), "value": need(number)})
	series := object(map[string]field{"name": need(str(1, chartLabel)), "data": need(list(1, chartPoints, point))})
	axis := object(map[string]field{"categories": need(list(1, chartPoints, str(1, chartLabel))), "x_label": may(str(1, 50)), "y_label": may(str(1, 50))})
	c.object(at, v, shape{map[string]field{"type": need(oneOf("bar", "line", "area")), "series": need(list(1, chartSeries, series)), "axis_config": need(axis)}, alikeSeries})
}

// alikeSeries holds that each category stands once, and each series has one point for
// each of them under a name of its own.
func alikeSeries(c *checker, at string, v any) {
	o, _ := v.(map[string]any)
	axis, _ := o["axis_config"].(map[string]any)
	categories := stringsOf(axis["categories"], "")
	if len(slices.Compact(slices.Sorted(slices.Values(categories)))) != len(categories) {
		c.add(at+"/axis_config/categories", "a category stands twice")
	}
	names := stringsOf(o["series"], "name")
	if len(slices.Compact(slices.Sorted(slices.Values(names)))) != len(names) {
		c.add(at+"/series", "two series have one name")
	}
	all, _ := o["series"].([]any)
	for _, s := range all {
		series, _ := s.(map[string]any)
		if labels := stringsOf(series["data"], "label"); !slices.Equal(slices.Sorted(slices.Values(labels)), slices.Sorted(slices.Values(categories))) {
			c.add(at+"/series", "%v has not one point for each category", series["name"])
		}
	}
}

// stringsOf are the strings of an array, or those under a name in its objects.
func stringsOf(v any, name string) []string {
	all, _ := v.([]any)
	var out []string
	for _, x := range all {
		if o, is := x.(map[string]any); is {
			x = o[name]
		}
		s, _ := x.(string)
		out = append(out, s)
	}
	return out
}
